/** Conversations in this browser, in IndexedDB. Nothing else keeps them. */
import type { Conversation } from "./tree";

const NAME = "baichuan-desktop";
const STORE = "conversations";

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
  return opened;
}

async function inStore<T>(
  mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const transaction = (await database()).transaction(STORE, mode);
  const asked = work(transaction.objectStore(STORE));
  transaction.commit(); // whatever becomes of the page
  return answerOf(asked);
}

/** All that are kept; raises where this browser keeps nothing. */
export function readAll(): Promise<Conversation[]> {
  return inStore("readonly", (store) => store.getAll() as IDBRequest<Conversation[]>);
}

export async function write(conversation: Conversation): Promise<void> {
  await inStore("readwrite", (store) => store.put(conversation));
}

export async function erase(id: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(id));
}
