/** Copying text, also where the browser has no secure context, as over a plain LAN address. */
import { words } from "../state/look";

const SAID_FOR = 1500; // milliseconds

/** Copy a text and say so in the button for a moment. */
export async function copy(text: string, button: HTMLElement): Promise<void> {
  const isCopied = await copied(text);
  const said = document.createElement("span");
  said.className = "said";
  said.role = "status";
  said.textContent = isCopied ? words.value.copied : words.value.notCopied;
  button.querySelector(".said")?.remove();
  button.append(said);
  setTimeout(() => said.remove(), SAID_FOR);
}

async function copied(text: string): Promise<boolean> {
  if (isSecureContext) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  const focused = document.activeElement as HTMLElement | null;
  field.select();
  const isCopied = document.execCommand("copy"); // the one way that is left there
  field.remove();
  focused?.focus();
  return isCopied;
}
