/** What the page looks like: both languages, light and dark, Markdown, and nothing from elsewhere. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { address, visit, withBrowser } from "./browser.ts";

const PICTURES = process.env["PICTURES"]!;
mkdirSync(PICTURES, { recursive: true });

withBrowser();

const LIGHT = "rgb(255, 255, 255)";
const DARK = "rgb(21, 24, 28)";

for (const [width, place] of [[1280, "wide"], [400, "narrow"]] as const) {
  for (const [locale, question, heading, foot] of [
    ["en-US", "showcase", "What shall we work on?", "Not a product of Baichuan Inc."],
    ["zh-CN", "展示", "今天想做什么？", "本程序不是百川智能的产品。"],
  ] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      test(`it is in ${locale}, ${colorScheme} and ${place} where the browser is`, async () => {
        const own = await visit({ locale, colorScheme, viewport: { width, height: 800 } });
        const name = `${PICTURES}/${place}-${locale.slice(0, 2)}-${colorScheme}`;
        assert.equal(await own.page.locator("h1").innerText(), heading);
        assert.match(await own.page.locator(".foot").innerText(), new RegExp(foot));
        await own.page.screenshot({ path: `${name}-empty.png` });
        await own.ask(question);
        await own.page.evaluate(() => document.fonts.ready);
        await own.page.screenshot({ path: `${name}-chat.png` });
        await own.page.locator(".bar .tool").last().click();
        await own.page.screenshot({ path: `${name}-settings.png` });

        const ground = await own.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.equal(ground, colorScheme === "dark" ? DARK : LIGHT);
        const isWider = await own.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.ok(!isWider, "nothing is wider than the screen");
        own.assertQuiet(address("PAGE"));
        await own.close();
      });
    }
  }
}

test("language and look are switched, and stay so", async () => {
  const own = await visit();
  await own.ask("showcase");
  await own.page.getByRole("button", { name: "Settings" }).first().click();
  await own.page.getByRole("combobox", { name: "Language" }).selectOption("zh");
  await own.page.getByRole("combobox", { name: "外观" }).selectOption("dark");
  await own.page.reload();

  assert.equal(await own.page.locator("html").getAttribute("lang"), "zh-CN");
  assert.equal(await own.page.locator(".new-chat").innerText(), "新对话");
  assert.equal(await own.page.locator(".card .quiet").innerText(), "复制");
  const ground = await own.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, DARK);
  await own.close();
});

test("a crash of the engine is told in Chinese, with the server's own sentence below", async () => {
  const own = await visit({ locale: "zh-CN" });
  const answer = await own.ask("crash");

  assert.match(await answer.innerText(), /运行模型的引擎已停止。[^]*The engine that runs the model stopped: signal 9\./);
  await own.close();
});

test("Markdown is set: bold, tables, coloured code, formulas", async () => {
  const own = await visit();
  const answer = await own.ask("showcase");

  assert.equal(await answer.locator("strong").first().innerText(), "constant memory");
  assert.equal(await answer.locator("strong").last().innerText(), "重点。");
  assert.equal(await answer.locator("figcaption span").first().innerText(), "Python");
  assert.equal(await answer.locator(".hljs-keyword").first().innerText(), "def");
  const aligned = answer.locator("td").nth(1);
  assert.equal(await aligned.evaluate((cell) => getComputedStyle(cell).textAlign), "right");
  assert.equal(await answer.locator(".katex").count(), 3);
  assert.equal(await answer.locator(".formula.unset").count(), 0);
  assert.match(await answer.innerText(), /costs \$5 and \$6/);
  own.assertQuiet(address("PAGE"));
  await own.close();
});

test("code and answers are copied as they were written", async () => {
  const own = await visit();
  const answer = await own.ask("showcase");
  const clipboard = () => own.page.evaluate(() => navigator.clipboard.readText());
  await answer.locator(".card").getByRole("button", { name: "Copy" }).click();
  await answer.getByText("Copied").waitFor();
  assert.match(await clipboard(), /^def fib[^]*return a$/);

  await answer.locator(".tools").getByRole("button", { name: "Copy" }).click();
  await own.page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith("A loop"));
  assert.match(await clipboard(), /```python[^]*\\vec\{v\}/);
  await own.close();
});

test("a hostile answer runs nothing, loads nothing, and breaks no rule of the policy", async () => {
  const own = await visit();
  const answer = await own.ask("hostile");

  assert.match(await answer.innerText(), /<script>document\.title = "owned"<\/script>/);
  assert.equal(await answer.locator("img, script, style, iframe, b").count(), 0);
  assert.deepEqual(await answer.locator("a").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href)), ["https://example.org/"]);
  assert.match(await own.page.title(), /^hostile/);
  own.assertQuiet(address("PAGE"));
  await own.close();
});

test("the policy has no exception: no inline, no eval, no other address", async () => {
  const own = await visit();
  const response = await own.page.reload();
  const policy = (await response!.allHeaders())["content-security-policy"]!;
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|data:|blob:|https?:/);

  const refused = await own.page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "document.title = 'owned'";
        document.body.append(script);
      }),
  );
  assert.equal(refused, "script-src-elem");
  await own.close();
});

test("everything that is pressed or filled in has a name, and the keyboard reaches it", async () => {
  const own = await visit();
  await own.ask("showcase");
  const nameless = await own.page
    .locator("button, input, select, textarea")
    .evaluateAll((all) =>
      all.filter((one) => !(one.getAttribute("aria-label") ?? one.textContent)?.trim()).length,
    );
  assert.equal(nameless, 0);

  await own.page.locator(".new-chat").focus();
  await own.page.keyboard.press("Enter");
  await own.page.locator(".empty").waitFor();
  await own.close();
});

test("whoever wants no motion sees none", async () => {
  const own = await visit({ reducedMotion: "reduce" });
  await own.begin("count slowly");
  await own.page.locator(".busy").first().waitFor();

  const motion = await own.page.locator(".busy").first().evaluate((dot) => getComputedStyle(dot).animationName);
  assert.equal(motion, "none");
  await own.page.keyboard.press("Escape");
  await own.close();
});

test("on a narrow screen the list lies over the chat, and goes when a chat is chosen", async () => {
  const own = await visit({ viewport: { width: 400, height: 800 } });
  await own.ask("a question");
  await own.page.getByRole("button", { name: "Show chats" }).click();
  await own.page.screenshot({ path: `${PICTURES}/narrow-list.png` });
  await own.page.getByRole("button", { name: "New chat" }).first().click();

  await own.page.locator(".sidebar").waitFor({ state: "detached" });
  await own.close();
});
