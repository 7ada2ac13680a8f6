/** Asking, answering again, stopping. */
import { batch, signal } from "@preact/signals";
import { answer, type AnswerEvent, type AnswerRequest, type Stage } from "../api/answers";
import { Trouble } from "../api/connection";
import {
  before, type Conversation, type Message, newId, withChange, withMessage,
} from "../conversation/tree";
import { byId, put, store } from "./conversations";
import { begun, ended, type Running, running } from "./running";
import { askForKey, connect, model, waitForServer } from "./service";

const SHOWN_EVERY = 50; // milliseconds: more often nobody reads, and each time costs a rendering
const KEPT_EVERY = 2000; // milliseconds: what a page that is closed may lose

/** Ask a question after the messages that are shown; an earlier one stays beside it. */
export function ask(conversation: Conversation, text: string, parent: string): void {
  const question: Message = { id: newId(), parent, role: "user", text };
  answerTo(withMessage(conversation, question, Date.now()), question);
}

/** Have a question answered; an earlier answer stays beside the new one. */
export function answerTo(conversation: Conversation, question: Message): void {
  const asked = model.value;
  if (!asked || running.value.has(conversation.id)) return;
  const message: Message = {
    id: newId(), parent: question.id, role: "assistant", text: "", model: asked.name,
  };
  const asking = withMessage(conversation, message, Date.now());
  const run: Running = {
    conversation: conversation.id,
    message: message.id,
    text: signal(""),
    stage: signal<Stage>({ kind: "asking" }),
    control: new AbortController(),
  };
  batch(() => {
    begun(run);
    put(asking);
  });
  void follow(run, requestOf(asking, question, asked.id));
}

/** End the answer of a conversation; what there is of it stays. */
export function stop(conversation: Conversation): void {
  running.value.get(conversation.id)?.control.abort();
}

/** End all answers: of a page that goes, each is stopped, and none has lost its connection. */
export function stopAll(): void {
  for (const run of running.value.values()) run.control.abort();
}

function requestOf(conversation: Conversation, question: Message, modelId: string): AnswerRequest {
  const messages: AnswerRequest["messages"] = [];
  if (conversation.system.trim()) messages.push({ role: "system", content: conversation.system });
  const path = [...before(conversation, question), question];
  path.forEach((message, index) => {
    // A question that got no answer is left out, as if it had not been asked.
    const said = message.role === "user" ? (path[index + 1] ?? question) : message;
    if (said.text) messages.push({ role: message.role, content: message.text });
  });
  return { model: modelId, messages, ...conversation.sampling };
}

async function follow(run: Running, asked: AnswerRequest): Promise<void> {
  const change: Partial<Message> = {};
  let text = "";
  let first = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let keptAt = Date.now();
  const show = () => {
    timer = undefined;
    run.text.value = text;
    const conversation = byId(run.conversation);
    if (!conversation || Date.now() - keptAt < KEPT_EVERY) return;
    keptAt = Date.now();
    void store(withChange(conversation, run.message, { text }));
  };
  const take = (event: AnswerEvent) => {
    if (event.kind === "stage") run.stage.value = event.stage;
    else if (event.kind === "dropped") change.dropped = event.count;
    else if (event.kind === "usage") change.tokens = event.tokens;
    else if (event.kind === "ended") change.ending = event.reason === "length" ? "length" : "stop";
    else {
      first ||= performance.now();
      text += event.text;
      change.seconds = (performance.now() - first) / 1000;
      timer ??= setTimeout(show, SHOWN_EVERY);
    }
  };
  try {
    for await (const event of answer(asked, run.control.signal)) take(event);
    if (!text) throw new Trouble("empty");
  } catch (error) {
    Object.assign(change, endingOf(error, run.control.signal.aborted));
  }
  clearTimeout(timer);
  batch(() => {
    ended(run);
    const conversation = byId(run.conversation);
    if (conversation) put(withChange(conversation, run.message, { ...change, text }));
  });
}

function endingOf(error: unknown, isStopped: boolean): Partial<Message> {
  if (isStopped) return { ending: "stopped" };
  const trouble = error instanceof Trouble ? error : new Trouble("odd");
  if (trouble.code === "away") waitForServer();
  if (trouble.status === 401) askForKey();
  if (trouble.code === "model_not_found") void connect(); // there are others by now
  return { ending: "trouble", trouble: { code: trouble.code, message: trouble.message } };
}
