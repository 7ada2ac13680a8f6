/** Debian's Chromium with the page in it, which no address but the server's can be reached from. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Where a server runs, as the test that starts this program says. */
export function address(name: "PAGE" | "KEYED" | "ALLOWED" | "FOREIGN"): string {
  const found = process.env[name];
  assert.ok(found, `${name} says where the server is`);
  return found;
}

let browser: Browser;

/** Start Chromium before the tests of a file, and end it after them. */
export function withBrowser(): void {
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
    });
  });
  after(() => browser.close());
}

/** A page of its own storage, and everything that must not happen in it. */
export class Visit {
  readonly page: Page;
  /** Refused by the policy, errors in the console, uncaught errors. */
  readonly complaints: string[] = [];
  /** Origins that anything was asked of. */
  readonly origins = new Set<string>();

  constructor(page: Page) {
    this.page = page;
    page.context().on("request", (request) => this.origins.add(new URL(request.url()).origin));
    page.on("pageerror", (error) => this.complaints.push(`uncaught: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() !== "log") this.complaints.push(`${message.type()}: ${message.text()}`);
    });
  }

  /** Ask a question and wait until the answer has ended; the answer's article. */
  async ask(question: string) {
    const count = await this.page.locator(".answer").count();
    await this.begin(question);
    const answer = this.page.locator(".answer").nth(count);
    await answer.locator(".tools").waitFor();
    return answer;
  }

  async begin(question: string) {
    await this.page.locator(".composer textarea").fill(question);
    await this.page.keyboard.press("Enter");
  }

  /** Nothing complained, and nothing but the server was asked. */
  assertQuiet(origin: string) {
    assert.deepEqual(this.complaints, []);
    assert.deepEqual([...this.origins], [origin]);
  }

  async close() {
    await this.page.context().close();
  }
}

/** Open the page, in English on a light and wide screen unless told otherwise. */
export async function visit(options: BrowserContextOptions = {}, base = address("PAGE")): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    colorScheme: "light",
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  const opened = new Visit(await context.newPage());
  await opened.page.goto(base);
  await opened.page.locator(".composer").waitFor();
  return opened;
}
