/** Chats that this browser keeps: list, search, names, deleting; the key and the server's absence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, visit, withBrowser } from "./browser.ts";

withBrowser();

test("chats are kept over a reload, the shown one is shown, and others are opened", async () => {
  const own = await visit();
  await own.ask("older");
  await own.page.getByRole("button", { name: "New chat" }).first().click();
  await own.ask("newer");
  await own.page.reload();

  await own.page.getByText("“newer”, message 1").waitFor();
  assert.deepEqual(await own.page.locator(".row-title").allInnerTexts(), ["newer", "older"]);
  await own.page.locator(".row-title", { hasText: "older" }).click();
  await own.page.getByText("“older”, message 1").waitFor();
  await own.page.goBack();
  await own.page.getByText("“newer”, message 1").waitFor();
  own.assertQuiet(address("PAGE"));
  await own.close();
});

test("a chat is found by words of its messages", async () => {
  const own = await visit();
  await own.ask("apples");
  await own.page.getByRole("button", { name: "New chat" }).first().click();
  await own.ask("pears");
  await own.page.getByRole("searchbox").fill("“APPLES");

  assert.deepEqual(await own.page.locator(".row-title").allInnerTexts(), ["apples"]);
  await own.page.getByRole("searchbox").fill("plums");
  await own.page.getByText("No chat has these words.").waitFor();
  await own.close();
});

test("a chat gets another name, which a reload keeps", async () => {
  const own = await visit();
  await own.ask("a question");
  await own.page.getByRole("button", { name: "Rename “a question”" }).click();
  await own.page.keyboard.type("Its name");
  await own.page.keyboard.press("Enter");
  await own.page.getByRole("button", { name: "Its name", exact: true }).waitFor();
  await own.page.reload();

  assert.deepEqual(await own.page.locator(".row-title").allInnerTexts(), ["Its name"]);
  await own.close();
});

test("a deleted chat is gone, unless it is had back", async () => {
  const own = await visit();
  await own.ask("a question");
  await own.page.getByRole("button", { name: "Delete “a question”" }).click();
  await own.page.getByRole("button", { name: "Undo" }).click();
  await own.page.reload();
  assert.deepEqual(await own.page.locator(".row-title").allInnerTexts(), ["a question"]);

  await own.page.getByRole("button", { name: "Delete “a question”" }).click();
  await own.page.getByText("“a question” was deleted.").waitFor();
  await own.page.reload();
  await own.page.locator(".empty").waitFor();
  assert.equal(await own.page.locator(".row-title").count(), 0);
  await own.close();
});

test("a second tab shows what the first one asked", async () => {
  const own = await visit();
  const other = await own.page.context().newPage();
  await other.goto(address("PAGE"));
  await other.locator(".composer").waitFor();
  await own.ask("from the first tab");

  await other.locator(".row-title", { hasText: "from the first tab" }).waitFor();
  await own.close();
});

test("a chat that is asked in two tabs has the messages of both", async () => {
  const own = await visit();
  await own.ask("first");
  const other = await own.page.context().newPage();
  await other.goto(own.page.url());
  await other.getByText("“first”, message 1").waitFor();
  await own.begin("count slowly");
  await own.page.getByText("1 2 3").waitFor();
  await other.locator(".composer textarea").fill("from the second tab");
  await other.keyboard.press("Enter");
  await own.page.keyboard.press("Escape");
  await other.getByText("“from the second tab”, message").waitFor();
  await own.page.getByRole("searchbox").fill("“from the second tab”, message");
  await own.page.locator(".row-title").waitFor();
  await own.page.reload();

  for (const words of ["“from the second tab”, message", "1 2 3"]) {
    await own.page.getByRole("searchbox").fill(words);
    await own.page.getByText("No chat has these words.").waitFor({ state: "detached" });
    assert.equal(await own.page.locator(".row-title").count(), 1);
  }
  await own.close();
});

test("a server with a key asks for it, refuses a wrong one, and the tab keeps the right one", async () => {
  const own = await visit({}, address("KEYED"));
  const key = own.page.getByLabel("Key", { exact: true });
  for (const wrong of ["wrong", "密钥"]) {
    await key.fill(wrong);
    await own.page.keyboard.press("Enter");
    await own.page.getByText("The server does not know this key.").waitFor();
  }
  await key.fill(process.env["KEY"]!);
  await own.page.keyboard.press("Enter");
  await own.page.locator("dialog").waitFor({ state: "detached" });
  await own.page.reload();
  const answer = await own.ask("with the key");
  assert.match(await answer.innerText(), /“with the key”/);

  const stored = await own.page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!stored.includes(process.env["KEY"]!));
  const other = await own.page.context().newPage();
  await other.goto(address("KEYED"));
  await other.getByText("This server asks for a key").waitFor();
  await own.close();
});

test("a server that is away is said, and the page goes on when it is back", async () => {
  const own = await visit();
  await own.ask("before");
  await own.page.context().setOffline(true);
  const answer = await own.ask("meanwhile");
  assert.match(await answer.innerText(), /The connection to the server ended\./);
  await own.page.getByText("The server does not answer.").waitFor();
  await own.page.context().setOffline(false);

  await own.page.locator(".banner").waitFor({ state: "detached" });
  await answer.getByRole("button", { name: "Answer again" }).click();
  await own.page.getByText("“meanwhile”, message 3").waitFor();
  await own.close();
});
