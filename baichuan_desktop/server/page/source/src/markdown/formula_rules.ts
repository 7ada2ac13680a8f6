/**
 * Where a formula begins and ends, as in the window: `$…$` and `\(…\)` in a line, `$$…$$` and
 * `\[…\]` also as a block. A sum of money is none: what `$` opens holds no space at its ends, and
 * touches no letter or digit outside (`$5 and $6`, `US$5`).
 */
import type { MarkdownIt, StateBlock, StateInline } from "markdown-it";

const CLOSING: Record<string, string> = { $$: "$$", $: "$", "\\[": "\\]", "\\(": "\\)" };
const LONGEST = 4000; // characters between two marks: what is longer is no formula
const MOST_LINES = 100;

/** Give a parser these rules, before the one that takes a backslash away. */
export function withFormulas(parser: MarkdownIt): void {
  parser.inline.ruler.before("escape", "formula", inlineRule);
  parser.block.ruler.before("fence", "formula", blockRule, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
  const escape = parser.utils.escapeHtml;
  parser.renderer.rules["formula"] = (tokens, index) => {
    const { content, markup } = tokens[index]!;
    const isDisplay = markup === "$$" || markup === "\\[";
    // The marks stay around the text: that is what is read where a formula cannot be set.
    const written = escape(markup + content + CLOSING[markup]!);
    return `<span class="formula${isDisplay ? " display" : ""}">${written}</span>`;
  };
  parser.renderer.rules["formula_block"] = (tokens, index, options, env, self) =>
    `<p>${parser.renderer.rules["formula"]!(tokens, index, options, env, self)}${escape(tokens[index]!.info)}</p>\n`;
}

/** What is between the marks of a formula that is written out. */
export function betweenMarks(written: string): string {
  const mark = written.slice(0, 2) in CLOSING ? 2 : 1;
  return written.slice(mark, -mark);
}

function inlineRule(state: StateInline, silent: boolean): boolean {
  const start = state.pos;
  let mark = state.src.slice(start, start + 2);
  if (!(mark in CLOSING)) mark = mark.slice(0, 1);
  if (!(mark in CLOSING)) return false;
  const begin = start + mark.length;
  const end = closing(state.src, begin, Math.min(state.posMax, begin + LONGEST), CLOSING[mark]!);
  if (end < 0) return false;
  const content = state.src.slice(begin, end);
  const after = end + mark.length;
  if (!content.trim()) return false;
  if (
    mark === "$" &&
    !(
      isOutside(state.src.charAt(start - 1)) &&
      isOutside(state.src.charAt(after)) &&
      content.trim() === content
    )
  ) {
    return false;
  }
  if (!silent) {
    const token = state.push("formula", "", 0);
    token.content = content.trim();
    token.markup = mark;
  }
  state.pos = after;
  return true;
}

/** Where the closing mark stands that no backslash escapes; -1 if nowhere. */
function closing(src: string, begin: number, limit: number, mark: string): number {
  let end = src.indexOf(mark, begin);
  while (end >= 0 && end + mark.length <= limit) {
    let slashes = 0;
    while (end - slashes > begin && src[end - slashes - 1] === "\\") slashes += 1;
    if (slashes % 2 === 0) return end;
    end = src.indexOf(mark, end + 1);
  }
  return -1;
}

/** Whether `$` may stand beside this, looking out of the formula. */
function isOutside(char: string): boolean {
  return !/[A-Za-z0-9_$\\]/.test(char);
}

function blockRule(state: StateBlock, first: number, last: number, silent: boolean): boolean {
  if (state.sCount[first]! - state.blkIndent >= 4) return false; // that is code
  const mark = lineOf(state, first).slice(0, 2);
  if (mark !== "$$" && mark !== "\\[") return false;
  const lines: string[] = [];
  for (let number = first; number < Math.min(last, first + MOST_LINES); number += 1) {
    let text = lineOf(state, number);
    if (!text || (number > first && state.sCount[number]! < state.blkIndent)) return false;
    if (number === first) text = text.slice(2);
    const found = text.indexOf(CLOSING[mark]!);
    if (found < 0) {
      lines.push(text);
      continue;
    }
    lines.push(text.slice(0, found));
    const content = lines.join("\n").trim();
    const rest = text.slice(found + 2).trim();
    // What goes on after the formula is text with one in it.
    if (!content || /[^ .,;，。；]/.test(rest)) return false;
    if (silent) return true;
    state.line = number + 1;
    const token = state.push("formula_block", "", 0);
    token.content = content;
    token.markup = mark;
    token.info = rest;
    token.map = [first, state.line];
    return true;
  }
  return false;
}

function lineOf(state: StateBlock, number: number): string {
  return state.src.slice(state.bMarks[number]! + state.tShift[number]!, state.eMarks[number]).trimEnd();
}
