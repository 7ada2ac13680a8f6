/** OpenAI's client of npm against the guide model, served as `baichuan-desktop serve` does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
} from "openai";

const MODEL = process.env["MODEL"]!;
const SERVER = process.env["SERVER"]!;
const KEY = process.env["KEY"]!;
const QUESTION = "How do I import a model?";

const client = new OpenAI({ baseURL: `${SERVER}/v1`, apiKey: "not needed", maxRetries: 0 });
const keyed = new OpenAI({ baseURL: `${SERVER}/v1`, apiKey: KEY, maxRetries: 0 });

type Fields = Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming> & Record<string, unknown>;
type Streamed = AsyncIterable<OpenAI.Chat.ChatCompletionChunk>;

/** One question, answered with the likeliest tokens unless told otherwise. */
function ask(fields: Fields = {}) {
  return client.chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: QUESTION }],
    temperature: 0,
    ...fields,
  } as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming);
}

function askStreaming(fields: Fields = {}) {
  return client.chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: QUESTION }],
    temperature: 0,
    ...fields,
    stream: true,
  } as OpenAI.Chat.ChatCompletionCreateParamsStreaming);
}

function contentOf(answer: OpenAI.Chat.ChatCompletion): string {
  return answer.choices[0]!.message.content!;
}

async function chunksOf(stream: Streamed) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function joined(chunks: OpenAI.Chat.ChatCompletionChunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
}

/** The error that a request is refused with, whose sentence names what is wrong. */
async function refusal(asked: Promise<unknown>, kind: typeof BadRequestError | typeof NotFoundError | typeof AuthenticationError) {
  const error: unknown = await asked.then(() => undefined, (raised) => raised);
  assert.ok(error instanceof kind, String(error));
  assert.match(error.message, /[.”]$/);
  return error;
}

let whole = "";

test("models are listed with their context", async () => {
  const models = [];
  for await (const model of client.models.list()) models.push(model);
  const guide = models.find((model) => model.id === MODEL) as { max_model_len?: number } | undefined;

  assert.equal(guide?.max_model_len, 512);
});

test("a model is retrieved by its id", async () => {
  const model = await client.models.retrieve(MODEL);

  assert.equal(model.object, "model");
});

test("a model that is not here is not found", async () => {
  const error = await refusal(client.models.retrieve("gpt-9"), NotFoundError);

  assert.equal(error.code, "model_not_found");
});

test("a question is answered whole, with its usage", async () => {
  const answer = await ask();
  whole = contentOf(answer);

  assert.ok(whole.length > 10);
  assert.match(answer.id, /^chatcmpl-/);
  assert.equal(answer.model, MODEL);
  assert.equal(answer.choices[0]!.finish_reason, "stop");
  const usage = answer.usage!;
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
});

test("a stream gives the same answer in parts", async () => {
  const chunks = await chunksOf(await askStreaming());

  assert.equal(joined(chunks), whole);
  assert.ok(chunks.length > 5);
  assert.equal(chunks[0]!.choices[0]!.delta.role, "assistant");
  assert.equal(chunks.at(-1)!.choices[0]!.finish_reason, "stop");
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
});

test("a stream has usage in its last chunk where it is asked for", async () => {
  const chunks = await chunksOf(await askStreaming({ stream_options: { include_usage: true } }));

  assert.deepEqual(chunks.at(-1)!.choices, []);
  assert.ok(chunks.at(-1)!.usage!.completion_tokens > 0);
  assert.ok(chunks.slice(0, -1).every((chunk) => !chunk.usage));
});

test("a stream has no usage where it is not asked for", async () => {
  const chunks = await chunksOf(await askStreaming());

  assert.ok(chunks.every((chunk) => !chunk.usage && chunk.choices.length === 1));
});

test("the helper for streams tells the parts and the whole", async () => {
  const stream = client.chat.completions.stream({
    model: MODEL, temperature: 0, messages: [{ role: "user", content: QUESTION }],
  });
  let told = "";
  stream.on("content", (part) => (told += part));

  assert.equal(await stream.finalContent(), whole);
  assert.equal(told, whole);
});

test("system and developer messages are taken in", async () => {
  for (const role of ["system", "developer"] as const) {
    const answer = await ask({
      messages: [{ role, content: "Answer in one sentence." }, { role: "user", content: QUESTION }],
    });

    assert.ok(contentOf(answer));
  }
});

test("what was said before is taken in", async () => {
  const answer = await ask({
    messages: [
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hello." },
      { role: "user", content: QUESTION },
    ],
  });

  assert.ok(answer.usage!.prompt_tokens > (await ask()).usage!.prompt_tokens);
});

test("parts of text are as the text itself", async () => {
  const parts = [{ type: "text" as const, text: "How do I import" }, { type: "text" as const, text: " a model?" }];
  const answer = await ask({ messages: [{ role: "user", content: parts }] });

  assert.equal(contentOf(answer), whole);
});

test("Chinese is never split", async () => {
  const chunks = await chunksOf(
    await askStreaming({ messages: [{ role: "user", content: "如何导入模型？" }] }),
  );

  assert.match(joined(chunks), /\p{Script=Han}/u);
  assert.ok(chunks.every((chunk) => !chunk.choices[0]?.delta.content?.includes("\ufffd")));
});

for (const name of ["max_tokens", "max_completion_tokens"]) {
  test(`${name} ends an answer`, async () => {
    const answer = await ask({ [name]: 3 });

    assert.equal(answer.choices[0]!.finish_reason, "length");
    assert.equal(answer.usage!.completion_tokens, 3);
    assert.ok(whole.startsWith(contentOf(answer)));
  });
}

test("a stop text ends an answer, and is not in it", async () => {
  const stop = whole.slice(8, 12);
  const answer = await ask({ stop: [stop] });

  assert.equal(contentOf(answer), whole.slice(0, whole.indexOf(stop)));
  assert.equal(answer.choices[0]!.finish_reason, "stop");
});

test("one seed gives one answer", async () => {
  const sampled = { temperature: 1.5, top_p: 1, top_k: 0, seed: 7, max_tokens: 20 };
  const [one, other] = [await ask(sampled), await ask(sampled)];

  assert.equal(contentOf(one), contentOf(other));
});

test("penalties change what is likeliest", async () => {
  const fields = { model: MODEL, prompt: "A model is", max_tokens: 40, temperature: 0 };
  const answer = await client.completions.create(fields);
  const penalised = await client.completions.create({ ...fields, frequency_penalty: 2 });

  assert.notEqual(penalised.choices[0]!.text, answer.choices[0]!.text);
});

test("top_k and repetition_penalty are taken in beside OpenAI's fields", async () => {
  const answer = await ask({ temperature: 1, top_k: 1, repetition_penalty: 1 });

  assert.ok(contentOf(answer));
});

test("logprobs are of the tokens of the answer, with the likeliest others", async () => {
  const answer = await ask({ logprobs: true, top_logprobs: 3 });
  const tokens = answer.choices[0]!.logprobs!.content!;

  assert.equal(Buffer.from(tokens.flatMap((token) => token.bytes!)).toString(), whole);
  assert.ok(tokens.every((token) => token.logprob <= 0 && token.top_logprobs.length === 3));
});

test("logprobs come with a stream too", async () => {
  const chunks = await chunksOf(await askStreaming({ logprobs: true }));
  const tokens = chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? []);

  assert.equal(Buffer.from(tokens.flatMap((token) => token.bytes!)).toString(), whole);
});

test("an answer can be held to JSON", async () => {
  const answer = await ask({ response_format: { type: "json_object" }, max_tokens: 200 });

  if (answer.choices[0]!.finish_reason === "length") return; // what is cut off is none yet
  assert.equal(typeof JSON.parse(contentOf(answer)), "object");
});

test("an answer can be held to a schema", async () => {
  const schema = {
    type: "object",
    properties: { isLocal: { type: "boolean" }, size: { enum: ["7B", "13B"] } },
    required: ["isLocal", "size"],
    additionalProperties: false,
  };
  const answer = await ask({
    response_format: { type: "json_schema", json_schema: { name: "model", strict: true, schema } },
  });
  const read = JSON.parse(contentOf(answer)) as { isLocal: boolean; size: string };

  assert.equal(typeof read.isLocal, "boolean");
  assert.ok(["7B", "13B"].includes(read.size));
});

test("a stream that is aborted ends, and the next question is answered", async () => {
  const stream = await askStreaming();
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) stream.controller.abort();
  }

  assert.equal(contentOf(await ask()), whole);
});

test("a question that is aborted ends, and the next one is answered", async () => {
  const control = new AbortController();
  const asked = client.chat.completions.create(
    { model: MODEL, messages: [{ role: "user", content: QUESTION }] },
    { signal: control.signal },
  );
  control.abort();

  await assert.rejects(asked, APIUserAbortError);
  assert.equal(contentOf(await ask()), whole);
});

test("eight questions at once are answered as one after the other", async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask()));

  assert.deepEqual(answers.map(contentOf), Array.from({ length: 8 }, () => whole));
});

test("the response itself is there beside the answer", async () => {
  const { data, response } = await ask().withResponse();

  assert.equal(contentOf(data), whole);
  assert.match(response.headers.get("content-type")!, /^application\/json/);
});

const REFUSED: Record<string, Fields> = {
  tools: { tools: [{ type: "function", function: { name: "look" } }] },
  n: { n: 2 },
  temperature: { temperature: -1 },
  messages: { messages: [] },
};
for (const [name, fields] of Object.entries(REFUSED)) {
  test(`what is not supported of ${name} is refused by its name`, async () => {
    const error = await refusal(ask(fields), BadRequestError);

    assert.match(`${error.param} ${error.message}`, new RegExp(name));
  });
}

test("a picture is refused in a sentence", async () => {
  const picture = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AA==" } };
  const error = await refusal(ask({ messages: [{ role: "user", content: [picture] }] }), BadRequestError);

  assert.match(error.message, /pictures/);
});

test("a model that is not here answers nothing", async () => {
  const error = await refusal(ask({ model: "gpt-9" }), NotFoundError);

  assert.equal(error.code, "model_not_found");
});

const LONG = Array.from({ length: 12 }, (_, turn) => [
  { role: "user" as const, content: `Question ${turn}: ${QUESTION.repeat(4)}` },
  { role: "assistant" as const, content: `Answer ${turn}.` },
]).flat();

test("a conversation that is too long is refused, with its code", async () => {
  const error = await refusal(
    ask({ messages: [...LONG, { role: "user", content: QUESTION }] }), BadRequestError,
  );

  assert.equal(error.code, "context_length_exceeded");
});

test("a client that allows it has the oldest messages left out, and is told how many", async () => {
  const answer = await ask({
    messages: [...LONG, { role: "user", content: QUESTION }], truncation: "auto",
  });
  const { truncation } = answer as unknown as { truncation: { dropped_messages: number } };

  assert.ok(truncation.dropped_messages > 0);
  assert.ok(contentOf(answer));
});

test("a text is continued, whole and in parts", async () => {
  const fields = { model: MODEL, prompt: "A model is", max_tokens: 8, temperature: 0 };
  const answer = await client.completions.create(fields);
  let parts = "";
  for await (const chunk of await client.completions.create({ ...fields, stream: true })) {
    parts += chunk.choices[0]?.text ?? "";
  }

  assert.equal(parts, answer.choices[0]!.text);
  assert.match(answer.id, /^cmpl-/);
});

test("a text is scored without being continued", async () => {
  const prompt = "A model is a folder.";
  const answer = await client.completions.create({
    model: MODEL, prompt, max_tokens: 0, echo: true, logprobs: 2,
  });
  const { text, logprobs } = answer.choices[0]!;

  assert.equal(text, prompt);
  assert.equal(logprobs!.tokens!.join(""), prompt);
  assert.equal(logprobs!.token_logprobs![0], null);
  assert.deepEqual(
    logprobs!.text_offset,
    logprobs!.tokens!.map((_, place) => logprobs!.tokens!.slice(0, place).join("").length),
  );
});

test("ids need the key, and continue as their text does", async () => {
  const prompt = "A model is";
  const { tokens } = await client.post<{ tokens: number[] }>(`${SERVER}/tokenize`, {
    body: { model: MODEL, prompt, add_special_tokens: false },
  });
  const fields = { model: MODEL, max_tokens: 8, temperature: 0 };
  await refusal(client.completions.create({ ...fields, prompt: tokens }), AuthenticationError);
  const answer = await keyed.completions.create({ ...fields, prompt: tokens });

  const byText = await client.completions.create({ ...fields, prompt });
  assert.equal(answer.choices[0]!.text, byText.choices[0]!.text);
});

test("tokens are counted, and become the text again", async () => {
  const made = await client.post<{ tokens: number[]; count: number; max_model_len: number }>(
    `${SERVER}/tokenize`, { body: { model: MODEL, prompt: "模型 model" } },
  );
  const back = await client.post<{ prompt: string }>(`${SERVER}/detokenize`, {
    body: { model: MODEL, tokens: made.tokens },
  });

  assert.equal(made.count, made.tokens.length);
  assert.equal(made.max_model_len, 512);
  assert.equal(back.prompt, "模型 model");
});

test("what this server does not have is not found", async () => {
  await refusal(client.embeddings.create({ model: MODEL, input: "a" }), NotFoundError);
});
