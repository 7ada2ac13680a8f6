/** The server this page came from: what is asked of it, and its errors. */

const KEY = "baichuan-desktop.key";

/** Why something did not come; `code` has the words of the page, if it knows them. */
export class Trouble extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message = "", status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A model that answers in a chat. */
export interface Model {
  id: string;
  name: string;
  contextLength: number;
}

/** Keep the key for as long as this tab is open; "" forgets it. */
export function useKey(key: string): void {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

/** Whether a key is in use. */
export function hasKey(): boolean {
  return sessionStorage.getItem(KEY) !== null;
}

/** A response that is fine; raises Trouble for any other. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = sessionStorage.getItem(KEY);
  if (key) headers.set("Authorization", `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, cache: "no-store", redirect: "error" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Trouble("away");
  }
  if (!response.ok) throw troubleOf(await response.json().catch(() => null), response.status);
  return response;
}

/** The trouble that an error object of the API tells of. */
export function troubleOf(answer: unknown, status = 0): Trouble {
  const error = (answer as { error?: { message?: unknown; code?: unknown } } | null)?.error;
  const message = typeof error?.message === "string" ? error.message : "";
  if (status === 401) return new Trouble("invalid_api_key", message, status);
  if (status === 429) return new Trouble("queue_full", message, status);
  const code = typeof error?.code === "string" ? error.code : message ? "" : "odd";
  return new Trouble(code, message, status);
}

/** The models that chat, the loaded one first. */
export async function chatModels(): Promise<Model[]> {
  const answer = (await (await request("/v1/models")).json()) as {
    data?: { id: string; name?: string; max_model_len?: number; is_chat?: boolean }[];
  };
  return (answer.data ?? [])
    .filter((model) => model.is_chat !== false)
    .map((model) => ({
      id: model.id,
      name: model.name ?? model.id,
      contextLength: model.max_model_len ?? 0,
    }));
}

/** Whether the server can be reached; one that loads a model can. */
export async function isThere(): Promise<boolean> {
  return fetch("/health", { cache: "no-store" }).then(() => true, () => false);
}
