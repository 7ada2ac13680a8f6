/** Pages of other origins, in a browser: one that is listed streams, one that is not fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, visit, withBrowser } from "./browser.ts";

withBrowser();

/** What a page of an origin reads of a stream, or the name of the error that it gets. */
async function streamed(origin: string): Promise<string> {
  const own = await visit();
  await own.page.goto(origin);
  const read = await own.page.evaluate(async (server) => {
    try {
      const response = await fetch(`${server}/v1/chat/completions`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: "Bearer none", "x-stainless-lang": "js" },
        body: JSON.stringify({
          model: "scripted-chat",
          stream: true,
          messages: [{ role: "user", content: "from another origin" }],
        }),
      });
      return await response.text();
    } catch (error) {
      return (error as Error).name;
    }
  }, address("PAGE"));
  await own.close();
  return read;
}

test("a page of a listed origin streams", async () => {
  const read = await streamed(address("ALLOWED"));

  assert.match(read, /origin/);
  assert.match(read, /data: \[DONE\]\s*$/);
});

test("a page of a foreign origin reads nothing", async () => {
  assert.equal(await streamed(address("FOREIGN")), "TypeError");
});

test("a foreign page can send no form and no plain text in the name of its visitor", async () => {
  const own = await visit();
  await own.page.goto(address("FOREIGN"));
  const sent = await own.page.evaluate(
    (server) =>
      fetch(`${server}/v1/chat/completions`, {
        method: "POST",
        mode: "no-cors",
        headers: { "Content-Type": "text/plain" },
        body: '{"messages":[{"role":"user","content":"from a foreign page"}]}',
      }).then(
        () => "sent",
        () => "refused",
      ),
    address("PAGE"),
  );

  assert.equal(sent, "refused"); // whether it was answered is asked of the desk
  await own.close();
});
