/** Formulas as elements. */
import katex, { type KatexOptions } from "katex";
import { betweenMarks } from "./formula_rules";

/** What KaTeX makes of a formula before it is an element; only what is asked of it here. */
interface TreeNode {
  children?: TreeNode[];
  attributes?: Record<string, string>;
  toNode(): HTMLElement;
}

// Its types leave out what its documentation names for output of one's own.
const { __renderToDomTree: treeOf } = katex as unknown as {
  __renderToDomTree(tex: string, options: KatexOptions): TreeNode;
};

/** Put the formula that is written in an element in its place; what is none stays as written. */
export function setFormula(element: HTMLElement): void {
  const tex = betweenMarks(element.textContent ?? "");
  const displayMode = element.classList.contains("display");
  try {
    const tree = treeOf(tex, { displayMode, maxExpand: 500, maxSize: 20, strict: "ignore" });
    styleByProperty(tree);
    element.replaceChildren(tree.toNode());
  } catch {
    element.classList.add("unset");
  }
}

/**
 * WORKAROUND: some nodes of KaTeX carry an attribute `style`, which the page's policy forbids; set
 * as a property it is allowed. Not needed once KaTeX sets all of them as it does most.
 */
function styleByProperty(node: TreeNode): void {
  for (const child of node.children ?? []) styleByProperty(child);
  const style = node.attributes?.["style"];
  if (style === undefined) return;
  delete node.attributes!["style"];
  const plain = node.toNode.bind(node);
  node.toNode = () => {
    const made = plain();
    made.style.cssText += style;
    return made;
  };
}
