/** The answers that are on their way, one in a conversation at a time. */
import { type Signal, signal } from "@preact/signals";
import type { Stage } from "../api/answers";

export interface Running {
  conversation: string;
  message: string;
  text: Signal<string>;
  stage: Signal<Stage>;
  control: AbortController;
}

/** Each by its conversation. */
export const running = signal<ReadonlyMap<string, Running>>(new Map());

/** Add an answer that begins. */
export function begun(run: Running): void {
  running.value = new Map(running.value).set(run.conversation, run);
}

/** Take away an answer that has ended. */
export function ended(run: Running): void {
  const left = new Map(running.value);
  left.delete(run.conversation);
  running.value = left;
}
