/**
 * Emphasis beside hanzi, as in the window: `**重点。**后面` is bold, though no space stands after
 * the mark. CommonMark tells an opening mark from a closing one by spaces and punctuation around
 * it, and Chinese puts no spaces between words: beside such a letter, punctuation on the other side
 * takes nothing away. Where none is near, all stays as it was.
 */
import type { MarkdownIt } from "markdown-it";

const CJK =
  /[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6]|[\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const SELECTOR = /[\ufe00-\ufe02\ufe0e\ufe0f]/; // chooses a shape of the letter before it
const PUNCTUATION = /[\p{P}\p{S}]/u;

/** Have a parser judge its marks so. */
export function withCjkEmphasis(parser: MarkdownIt): void {
  parser.inline.State = class extends parser.inline.State {
    override scanDelims(start: number, canSplitWord: boolean) {
      const scanned = super.scanDelims(start, canSplitWord);
      const end = start + scanned.length;
      const last = letterBefore(this.src, start);
      const next = end < this.posMax ? String.fromCodePoint(this.src.codePointAt(end)!) : " ";
      if (!CJK.test(last) && !CJK.test(next)) return scanned;
      const [lastSpace, nextSpace] = [/\s/.test(last), /\s/.test(next)];
      let [canOpen, canClose] = [!nextSpace, !lastSpace];
      if (!canSplitWord) {
        // `_` stands in names, `文件_名称_后`: it marks only where a word ends beside it.
        const [lastMark, nextMark] = [PUNCTUATION.test(last), PUNCTUATION.test(next)];
        canOpen &&= lastSpace || lastMark || nextMark;
        canClose &&= nextSpace || nextMark || lastMark;
      }
      return { can_open: canOpen, can_close: canClose, length: scanned.length };
    }
  };
}

/** The character before, without what only chooses its shape; a space at the beginning. */
function letterBefore(src: string, position: number): string {
  while (position > 0 && SELECTOR.test(src[position - 1]!)) position -= 1;
  if (position === 0) return " ";
  const isPair = /[\udc00-\udfff]/.test(src[position - 1]!) && position > 1;
  return src.slice(position - (isPair ? 2 : 1), position);
}
