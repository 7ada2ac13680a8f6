/** The conversations of this browser, and the one that is shown. */
import { computed, signal } from "@preact/signals";
import { erase, readAll, write } from "../conversation/store";
import { type Conversation, newConversation, withMessagesOf } from "../conversation/tree";
import { keep, kept } from "./look";
import { running } from "./running";

const all = signal<ReadonlyMap<string, Conversation>>(new Map());
/** One that has no message yet: it is kept from its first one on. */
const fresh = signal(newConversation(Date.now()));
const shownId = signal("");
const otherTabs = new BroadcastChannel("baichuan-desktop.conversations");

/** Whether this browser keeps them. */
export const isKept = signal(true);
/** One that was just deleted, and can be had back. */
export const deleted = signal<Conversation | undefined>(undefined);
export const conversations = computed(() =>
  [...all.value.values()].sort((one, other) => other.changed - one.changed),
);
export const current = computed(() => all.value.get(shownId.value) ?? fresh.value);

/** Read what is kept, and follow the address of the page and its other tabs. */
export async function begin(): Promise<void> {
  const follow = () => {
    shownId.value = location.hash.slice(1);
  };
  addEventListener("hashchange", follow);
  otherTabs.addEventListener("message", () => void read());
  await read();
  follow();
}

async function read(): Promise<void> {
  try {
    const stored = await readAll();
    all.value = new Map(stored.map((one) => [one.id, joined(one)]));
  } catch {
    isKept.value = false;
  }
}

/** A stored conversation with what only this tab has of it, which is stored then. */
function joined(stored: Conversation): Conversation {
  const own = all.value.get(stored.id);
  if (!own) return stored;
  // Of one that is answered here, here is what is true.
  const isAnswered = running.value.has(stored.id);
  const both = isAnswered ? withMessagesOf(own, stored) : withMessagesOf(stored, own);
  if (withMessagesOf(stored, both) !== stored) void store(both);
  return both;
}

export function byId(id: string): Conversation | undefined {
  return all.value.get(id) ?? (fresh.value.id === id ? fresh.value : undefined);
}

export function show(id: string): void {
  location.hash = id;
}

export function startNew(): void {
  // What new ones are asked with stays as it was chosen last.
  const { system, sampling } = current.value;
  fresh.value = { ...newConversation(Date.now()), system, sampling };
  location.hash = "";
}

/** Take in what has changed of a conversation, and keep it if there is anything in it. */
export function put(conversation: Conversation): void {
  if (conversation.messages.length === 0) {
    fresh.value = conversation;
    return;
  }
  const isNew = !all.value.has(conversation.id);
  all.value = new Map(all.value).set(conversation.id, conversation);
  if (isNew && conversation.id === fresh.value.id) show(conversation.id);
  void store(conversation);
}

/** Keep what there is of a conversation so far, without showing it. */
export async function store(conversation: Conversation): Promise<void> {
  try {
    await write(conversation);
    otherTabs.postMessage(conversation.id);
  } catch {
    isKept.value = false;
  }
}

export function rename(conversation: Conversation, title: string): void {
  if (title.trim()) put({ ...conversation, title: title.trim() });
}

export function remove(conversation: Conversation): void {
  if (conversation.id === current.value.id) startNew();
  const left = new Map(all.value);
  left.delete(conversation.id);
  all.value = left;
  deleted.value = conversation;
  void erase(conversation.id).then(
    () => otherTabs.postMessage(conversation.id),
    () => (isKept.value = false),
  );
}

export function bringBack(): void {
  if (!deleted.value) return;
  put(deleted.value);
  show(deleted.value.id);
  deleted.value = undefined;
}

/** Whether the list is shown beside the chat, where the page is wide enough for both. */
export const isListShown = signal(kept("list") !== "hidden");

export function showList(isShown: boolean): void {
  isListShown.value = isShown;
  keep("list", isShown ? "shown" : "hidden");
}
