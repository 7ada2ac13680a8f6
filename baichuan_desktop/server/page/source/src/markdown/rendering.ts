/**
 * Markdown in an element. HTML in a text stays text, pictures are not loaded, and what comes out
 * goes through DOMPurify all the same: an answer is a stranger's text.
 */
import DOMPurify from "dompurify";
import markdownIt from "markdown-it";
import copyIcon from "../../../../../resources/icons/copy.svg?raw";
import { withCjkEmphasis } from "./cjk_emphasis";
import { coloured, languageName } from "./code";
import { withFormulas } from "./formula_rules";
import { setFormula } from "./formulas";

const SANE = {
  ALLOWED_TAGS: [
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "table",
    "thead", "tbody", "tr", "th", "td", "pre", "code", "em", "strong", "s", "a", "span", "div",
  ],
  ALLOWED_ATTR: ["class", "href", "title", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  RETURN_DOM_FRAGMENT: true as const,
};

const parser = markdownIt({ html: false, linkify: false });
withCjkEmphasis(parser);
withFormulas(parser);
const escape = parser.utils.escapeHtml;

parser.renderer.rules["image"] = (tokens, index) => {
  const { attrs, content } = tokens[index]!;
  const address = attrs?.find(([name]) => name === "src")?.[1] ?? "";
  return escape(content ? `${content} (${address})` : String(address));
};
parser.renderer.rules["fence"] = (tokens, index) => {
  const { content, info } = tokens[index]!;
  return codeCard(content, info.trim().split(/\s+/)[0] ?? "");
};
parser.renderer.rules["code_block"] = (tokens, index) => codeCard(tokens[index]!.content, "");
for (const cell of ["th_open", "td_open"]) {
  // The library aligns by an attribute `style`, which the page's policy forbids.
  parser.renderer.rules[cell] = (tokens, index) => {
    const align = /text-align:(\w+)/.exec(String(tokens[index]!.attrGet("style") ?? ""))?.[1];
    return `<${tokens[index]!.tag}${align ? ` class="${align}"` : ""}>`;
  };
}

function codeCard(code: string, language: string): string {
  const inside = coloured(code, language) ?? escape(code);
  return `<pre class="code" title="${escape(languageName(language))}"><code>${inside}</code></pre>\n`;
}

/** The blocks of a text, each as HTML: one that has not changed need not be made again. */
function blocksOf(text: string): string[] {
  const env = {};
  const tokens = parser.parse(text, env);
  const blocks: string[] = [];
  let depth = 0;
  let first = 0;
  tokens.forEach((token, index) => {
    depth += token.nesting;
    if (depth > 0) return;
    blocks.push(parser.renderer.render(tokens.slice(first, index + 1), parser.options, env));
    first = index + 1;
  });
  return blocks;
}

/** What is written beside code. */
export interface CodeWords {
  code: string;
  copy: string;
}

const shown = new WeakMap<HTMLElement, string[]>();

/** Show a text in an element that nothing else writes in; blocks that stay the same are kept. */
export function showMarkdown(
  target: HTMLElement, text: string, words: CodeWords, copy: (code: string, button: HTMLElement) => void,
): void {
  const before = shown.get(target) ?? [];
  const blocks = blocksOf(text);
  blocks.forEach((html, index) => {
    if (before[index] === html) return;
    const made = document.createElement("div");
    made.className = "block";
    made.append(DOMPurify.sanitize(html, SANE));
    finish(made, words, copy);
    const old = target.children[index];
    if (old) old.replaceWith(made);
    else target.append(made);
  });
  while (target.children.length > blocks.length) target.lastElementChild!.remove();
  shown.set(target, blocks);
}

function finish(
  block: HTMLElement, words: CodeWords, copy: (code: string, button: HTMLElement) => void,
): void {
  for (const formula of block.querySelectorAll<HTMLElement>("span.formula")) setFormula(formula);
  for (const link of block.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.title ||= link.href;
  }
  for (const table of block.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table";
    frame.tabIndex = 0; // one that is wider than the page is moved by the keyboard too
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const pre of block.querySelectorAll<HTMLElement>("pre.code")) {
    const card = document.createElement("figure");
    card.className = "card";
    const head = document.createElement("figcaption");
    const name = document.createElement("span");
    name.textContent = pre.title || words.code;
    pre.removeAttribute("title");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.innerHTML = copyIcon;
    button.append(words.copy);
    button.addEventListener("click", () => copy((pre.textContent ?? "").replace(/\n$/, ""), button));
    head.append(name, button);
    pre.tabIndex = 0;
    pre.replaceWith(card);
    card.append(head, pre);
  }
}
