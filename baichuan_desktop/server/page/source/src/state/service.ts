/** Whether the server is there, and which models it has. */
import { computed, signal } from "@preact/signals";
import { chatModels, hasKey, isThere, type Model, Trouble, useKey } from "../api/connection";
import { keep, kept } from "./look";

export type Service = "connecting" | "ready" | "key" | "away";

const AGAIN = 2000; // milliseconds between two looks for a server that is away

export const service = signal<Service>("connecting");
export const isKeyWrong = signal(false);
export const models = signal<Model[]>([]);
const wanted = signal(kept("model"));
export const model = computed(
  () => models.value.find((one) => one.id === wanted.value) ?? models.value[0],
);

export function chooseModel(id: string): void {
  wanted.value = id;
  keep("model", id);
}

/** Read the models; where the server is away, look again for as long as the page is open. */
export async function connect(): Promise<void> {
  try {
    models.value = await chatModels();
    service.value = "ready";
    isKeyWrong.value = false;
  } catch (error) {
    if (error instanceof Trouble && error.status === 401) askForKey();
    else waitForServer();
  }
}

/** Show the field for the key, and say so if the one in use is not the right one. */
export function askForKey(): void {
  isKeyWrong.value = hasKey();
  service.value = "key";
}

export async function giveKey(key: string): Promise<void> {
  const shown = key.trim();
  // What cannot stand in a header is no key that this server made.
  isKeyWrong.value = !/^[\x20-\x7e]+$/.test(shown);
  if (isKeyWrong.value) return;
  useKey(shown);
  await connect();
}

let waits = false;

/** Say that the server is away, until it is there again. */
export function waitForServer(): void {
  service.value = "away";
  if (waits) return;
  waits = true;
  const look = async () => {
    if (document.hidden || !(await isThere())) return void setTimeout(look, AGAIN);
    waits = false;
    await connect();
  };
  setTimeout(look, AGAIN);
}
