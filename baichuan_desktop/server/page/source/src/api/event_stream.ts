/** Server-sent events of a response, as they come. */

/** A line for us, or one that only tells how things stand. */
export type StreamPart = { data: string } | { comment: string };

/** The parts of a stream in order; ends where the stream ends. */
export async function* partsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamPart> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("data:")) yield { data: line.slice(5).trimStart() };
        else if (line.startsWith(":")) yield { comment: line.slice(1).trim() };
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
