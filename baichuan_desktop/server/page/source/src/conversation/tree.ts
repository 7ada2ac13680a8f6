/**
 * A conversation as a tree of messages, as in the window: a question that is edited and an answer
 * that is given again stand beside the earlier one. All of it is pure: a change makes a new value.
 */

/** What an answer ended with; absent while it comes, and where the page was closed meanwhile. */
export type Ending = "stop" | "length" | "stopped" | "trouble";

export interface Message {
  id: string;
  parent: string; // "" for a first question
  role: "user" | "assistant";
  text: string;
  model?: string; // its name, of an answer
  ending?: Ending;
  trouble?: { code: string; message: string };
  tokens?: number;
  seconds?: number; // from the first word to the last
  dropped?: number; // messages that the model did not read
}

/** Fields that are absent are as the model was published. */
export interface Sampling {
  temperature?: number;
  top_p?: number;
  top_k?: number;
  max_tokens?: number;
}

export interface Conversation {
  id: string;
  title: string;
  changed: number; // milliseconds since 1970
  system: string;
  sampling: Sampling;
  messages: Message[];
  chosen: Record<string, string>; // which of the messages after one is shown, by ids
}

/** An id that nothing else has; also where the browser has no secure context. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newConversation(now: number): Conversation {
  return { id: newId(), title: "", changed: now, system: "", sampling: {}, messages: [], chosen: {} };
}

/** Messages that stand beside each other after the same one, the oldest first. */
export function versionsOf(conversation: Conversation, message: Message): Message[] {
  return conversation.messages.filter((other) => other.parent === message.parent);
}

/** The messages that are shown, the first question first. */
export function pathOf(conversation: Conversation): Message[] {
  const path: Message[] = [];
  let parent = "";
  for (;;) {
    const here = conversation.messages.filter((message) => message.parent === parent);
    const next = here.find((message) => message.id === conversation.chosen[parent]) ?? here.at(-1);
    if (!next) return path;
    path.push(next);
    parent = next.id;
  }
}

/** The messages before one, the first question first. */
export function before(conversation: Conversation, message: Message): Message[] {
  const above = conversation.messages.find((other) => other.id === message.parent);
  return above ? [...before(conversation, above), above] : [];
}

export function withMessage(conversation: Conversation, message: Message, now: number): Conversation {
  const first = conversation.messages.length === 0;
  return {
    ...conversation,
    title: first && !conversation.title ? titleOf(message.text) : conversation.title,
    changed: now,
    messages: [...conversation.messages, message],
    chosen: { ...conversation.chosen, [message.parent]: message.id },
  };
}

/** A conversation with what only another state of it has; itself if that is nothing. */
export function withMessagesOf(conversation: Conversation, other: Conversation): Conversation {
  const own = new Map(conversation.messages.map((message) => [message.id, message]));
  // A message that is not there, or an answer that has ended meanwhile.
  const news = other.messages.filter((message) => {
    const before = own.get(message.id);
    return !before || (message.ending !== undefined && before.ending === undefined);
  });
  if (news.length === 0) return conversation;
  for (const message of news) own.set(message.id, message);
  return { ...conversation, messages: [...own.values()] };
}

export function withChange(conversation: Conversation, id: string, change: Partial<Message>): Conversation {
  return {
    ...conversation,
    messages: conversation.messages.map((message) =>
      message.id === id ? { ...message, ...change } : message,
    ),
  };
}

export function withVersion(conversation: Conversation, message: Message): Conversation {
  return { ...conversation, chosen: { ...conversation.chosen, [message.parent]: message.id } };
}

/** The first words of a question, on one line. */
export function titleOf(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const letters = Array.from(line);
  return letters.length > 60 ? `${letters.slice(0, 59).join("").trimEnd()}…` : line;
}

/** Whether a conversation has these words, in its title or in a message. */
export function hasWords(conversation: Conversation, words: string): boolean {
  const wanted = words.trim().toLowerCase();
  return (
    conversation.title.toLowerCase().includes(wanted) ||
    conversation.messages.some((message) => message.text.toLowerCase().includes(wanted))
  );
}

/** When a conversation was last changed, as its list has it. */
export function ageOf(conversation: Conversation, now: number): "today" | "lastDays" | "older" {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (conversation.changed >= midnight) return "today";
  return conversation.changed >= midnight - 6 * 86_400_000 ? "lastDays" : "older";
}
