/** One answer, asked for and read as it comes. */
import { request, Trouble, troubleOf } from "./connection";
import { partsOf } from "./event_stream";

/** What is asked; what is left out is as the model was published. */
export interface AnswerRequest {
  model: string;
  messages: { role: "system" | "user" | "assistant"; content: string }[];
  temperature?: number;
  top_p?: number;
  top_k?: number;
  max_tokens?: number;
}

/** What the server does before the first word. */
export type Stage =
  | { kind: "asking" }
  | { kind: "queued"; before: number }
  | { kind: "loading"; share: number }
  | { kind: "prefilling"; done: number; total: number };

/** What comes of an answer. */
export type AnswerEvent =
  | { kind: "stage"; stage: Stage }
  | { kind: "text"; text: string }
  | { kind: "dropped"; count: number }
  | { kind: "usage"; tokens: number }
  | { kind: "ended"; reason: string };

interface Chunk {
  error?: unknown;
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: { completion_tokens?: number } | null;
  truncation?: { dropped_messages?: number } | null;
}

/** The events of an answer, `ended` among the last; raises Trouble where it breaks off. */
export async function* answer(asked: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const response = await request("/v1/chat/completions", {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
      truncation: "auto",
    }),
  });
  if (!response.body) throw new Trouble("odd");
  try {
    for await (const part of partsOf(response.body)) {
      if ("comment" in part) {
        const stage = stageOf(part.comment);
        if (stage) yield { kind: "stage", stage };
      } else if (part.data === "[DONE]") {
        return;
      } else {
        yield* eventsOf(part.data);
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof Trouble) throw error;
    throw new Trouble("cut");
  }
  throw new Trouble("cut"); // a whole stream says that it is done
}

function* eventsOf(data: string): Generator<AnswerEvent> {
  let chunk: Chunk;
  try {
    chunk = JSON.parse(data) as Chunk;
  } catch {
    throw new Trouble("odd");
  }
  if (chunk.error) throw troubleOf(chunk);
  for (const choice of chunk.choices ?? []) {
    if (choice.delta?.content) yield { kind: "text", text: choice.delta.content };
    if (choice.finish_reason) yield { kind: "ended", reason: choice.finish_reason };
  }
  if (chunk.usage?.completion_tokens) yield { kind: "usage", tokens: chunk.usage.completion_tokens };
  const count = chunk.truncation?.dropped_messages;
  if (count) yield { kind: "dropped", count };
}

function stageOf(comment: string): Stage | undefined {
  const [kind, first, second] = comment.split(/[ /]/);
  const [one, two] = [Number(first), Number(second)];
  if (kind === "queued" && one > 0) return { kind, before: one };
  if (kind === "loading" && one >= 0) return { kind, share: one };
  if (kind === "prefilling" && two > 0) return { kind, done: one, total: two };
  return undefined;
}
