/** Asking, stopping, answering again, editing: what a person does with a chat. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, visit, withBrowser } from "./browser.ts";

withBrowser();

test("an answer streams in, and its chat is listed by its question", async () => {
  const own = await visit();
  const answer = await own.ask("What is a loop?");

  assert.match(await answer.innerText(), /“What is a loop\?”, message 1/);
  assert.deepEqual(await own.page.locator(".row-title").allInnerTexts(), ["What is a loop?"]);
  assert.match(await own.page.title(), /^What is a loop\?/);
  own.assertQuiet(address("PAGE"));
  await own.close();
});

test("the conversation before a question is sent with it", async () => {
  const own = await visit();
  await own.ask("first");
  const second = await own.ask("second");

  assert.match(await second.innerText(), /“second”, message 3/);
  await own.close();
});

for (const [how, stop] of [["Esc", "key"], ["the button", "button"]] as const) {
  test(`${how} stops an answer, which keeps what it had`, async () => {
    const own = await visit();
    await own.begin("count slowly");
    await own.page.getByText("1 2 3").waitFor();
    if (stop === "key") await own.page.keyboard.press("Escape");
    else await own.page.getByRole("button", { name: "Stop (Esc)" }).click();
    await own.page.locator(".note", { hasText: "Stopped." }).waitFor();

    const text = await own.page.locator(".markdown").innerText();
    assert.match(text, /^1 2 3/);
    await own.page.reload();
    assert.equal(await own.page.locator(".markdown").innerText(), text);
    own.assertQuiet(address("PAGE"));
    await own.close();
  });
}

test("a page that is closed in the middle of an answer has it as stopped", async () => {
  const own = await visit();
  await own.begin("count slowly");
  await own.page.getByText("1 2 3").waitFor();
  await own.page.reload();

  await own.page.locator(".note", { hasText: "Stopped." }).waitFor();
  const next = await own.ask("and now?");
  assert.match(await next.innerText(), /“and now\?”/);
  await own.close();
});

test("an answer given again stands beside the earlier one", async () => {
  const own = await visit();
  const answer = await own.ask("again");
  await answer.getByRole("button", { name: "Answer again" }).click();
  await answer.getByRole("group", { name: "Version 2 of 2" }).waitFor();
  await answer.getByRole("button", { name: "Earlier version" }).click();

  await answer.getByRole("group", { name: "Version 1 of 2" }).waitFor();
  await own.close();
});

test("an edited question is asked in the place of the earlier one, which stays", async () => {
  const own = await visit();
  await own.ask("one");
  await own.ask("two");
  const question = own.page.locator(".question").nth(1);
  await question.hover();
  await question.getByRole("button", { name: "Edit and ask again" }).click();
  await own.page.keyboard.press("ControlOrMeta+a");
  await own.page.keyboard.type("three");
  await own.page.keyboard.press("Enter");
  await own.page.getByText("“three”, message 3").waitFor();
  await own.page.getByRole("button", { name: "Earlier version" }).click();

  await own.page.getByText("“two”, message 3").waitFor();
  await own.close();
});

test("Esc leaves a question as it was", async () => {
  const own = await visit();
  await own.ask("one");
  const question = own.page.locator(".question");
  await question.hover();
  await question.getByRole("button", { name: "Edit and ask again" }).click();
  await own.page.keyboard.type(" and more");
  await own.page.keyboard.press("Escape");

  assert.equal(await question.locator(".bubble").innerText(), "one");
  await own.close();
});

test("Shift+Enter begins a line, and Enter of an input method sends nothing", async () => {
  const own = await visit();
  const field = own.page.locator(".composer textarea");
  await field.fill("a");
  await own.page.keyboard.press("Shift+Enter");
  await own.page.keyboard.type("b");
  await field.dispatchEvent("keydown", { key: "Enter", isComposing: true });
  await field.dispatchEvent("keydown", { key: "Enter", keyCode: 229 });

  assert.equal(await field.inputValue(), "a\nb");
  assert.equal(await own.page.locator(".question").count(), 0);
  await own.close();
});

test("system prompt and sampling of the settings are sent", async () => {
  const own = await visit();
  await own.page.getByRole("button", { name: "Settings" }).first().click();
  await own.page.getByRole("textbox", { name: "System prompt" }).fill("Be brief.");
  await own.page.getByRole("spinbutton", { name: "Temperature" }).fill("0.7");
  await own.page.keyboard.press("Tab");
  await own.page.keyboard.press("Escape");
  const answer = await own.ask("hello");

  assert.match(await answer.innerText(), /“hello”, message 2, t=0.7/);
  await own.close();
});

test("most new tokens end an answer, and it says so", async () => {
  const own = await visit();
  await own.page.getByRole("button", { name: "Settings" }).first().click();
  await own.page.getByRole("spinbutton", { name: "Most new tokens" }).fill("2");
  await own.page.keyboard.press("Tab");
  await own.page.keyboard.press("Escape");
  const answer = await own.ask("hello there, who are you?");

  assert.match(await answer.innerText(), /The answer reached the most tokens that it may have\./);
  await own.close();
});

test("another model is chosen from those that chat, and the page keeps to it", async () => {
  const own = await visit();
  const choice = own.page.getByRole("combobox", { name: "Model" });
  assert.deepEqual(await choice.locator("option").allInnerTexts(), ["Scripted Chat", "Scripted Other"]);
  await choice.selectOption("Scripted Other");
  const answer = await own.ask("hello");
  assert.equal(await answer.locator("h3").innerText(), "Scripted Other");
  await choice.selectOption("Scripted Chat");
  await own.page.reload();

  const next = await own.ask("hello again");
  assert.equal(await next.locator("h3").innerText(), "Scripted Chat");
  await own.close();
});

test("messages that the model did not read are told", async () => {
  const own = await visit();
  const answer = await own.ask("too long");

  assert.match(await answer.innerText(), /The 3 oldest messages were not given/);
  await own.close();
});

test("an engine that ends in the middle is told in a sentence, and the text so far stays", async () => {
  const own = await visit();
  const answer = await own.ask("crash");

  assert.match(await answer.innerText(), /It begins\s+The engine that runs the model stopped: signal 9\./);
  const next = await own.ask("and now?");
  assert.match(await next.innerText(), /“and now\?”/);
  await own.close();
});

test("an answer without a word is told in a sentence, and its question is not sent again", async () => {
  const own = await visit();
  const answer = await own.ask("nothing");
  assert.match(await answer.innerText(), /The model gave no answer\./);

  const next = await own.ask("something");
  assert.match(await next.innerText(), /“something”, message 1/);
  await own.close();
});
