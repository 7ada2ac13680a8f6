/** A question or an answer, with what can be done with it. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Stage } from "../api/answers";
import { type Conversation, type Message, versionsOf, withVersion } from "../conversation/tree";
import { showMarkdown } from "../markdown/rendering";
import { answerTo, ask } from "../state/answering";
import { put } from "../state/conversations";
import { language, words } from "../state/look";
import { running } from "../state/running";
import type { Words } from "../words/en";
import { copy } from "./copying";
import { Icon, IconButton } from "./icons";
import { TextField } from "./text_field";

interface Props {
  conversation: Conversation;
  message: Message;
}

export function Question({ conversation, message }: Props) {
  const [changed, setChanged] = useState<string>();
  const said = words.value;
  const isBusy = running.value.has(conversation.id);
  if (changed !== undefined) {
    const cancel = () => setChanged(undefined);
    const send = () => {
      if (!changed.trim() || isBusy) return;
      ask(conversation, changed.trim(), message.parent);
      cancel();
    };
    return (
      <article class="question editing" aria-label={said.question}>
        <TextField
          value={changed}
          label={said.edit}
          onText={setChanged}
          onEnter={send}
          onEscape={cancel}
          takesFocus
        />
        <div class="actions">
          <button type="button" class="plain" onClick={cancel}>
            {said.cancel}
          </button>
          <button type="button" class="strong" disabled={isBusy || !changed.trim()} onClick={send}>
            {said.ask}
          </button>
        </div>
      </article>
    );
  }
  return (
    <article class="question" aria-label={said.question}>
      <div class="bubble">{message.text}</div>
      <div class="tools">
        <Versions conversation={conversation} message={message} />
        <CopyButton text={message.text} />
        <IconButton
          icon="pencil"
          words={said.edit}
          disabled={isBusy}
          onClick={() => setChanged(message.text)}
        />
      </div>
    </article>
  );
}

export function Answer({ conversation, message }: Props) {
  const said = words.value;
  const run = running.value.get(conversation.id);
  const isOwn = run?.message === message.id;
  const text = isOwn ? run.text.value : message.text;
  const question = conversation.messages.find((other) => other.id === message.parent);
  return (
    <article class="answer" aria-label={message.model ?? said.model} aria-busy={isOwn}>
      <h3>{message.model}</h3>
      {message.dropped ? <p class="caution">{said.dropped(message.dropped)}</p> : null}
      {isOwn && !text ? (
        <p class="stage">
          <span class="busy" aria-hidden="true" />
          {stageText(run.stage.value, said)}
        </p>
      ) : (
        <Markdown key="text" text={text} isComing={isOwn} />
      )}
      {isOwn ? null : <Ending message={message} />}
      {isOwn ? null : (
        <div class="tools">
          {message.text ? <CopyButton text={message.text} /> : null}
          <IconButton
            icon="regenerate"
            words={said.regenerate}
            disabled={run !== undefined || !question}
            onClick={() => question && answerTo(conversation, question)}
          />
          <Versions conversation={conversation} message={message} />
          <span class="space" />
          {message.tokens ? <span class="facts">{statistics(message, said)}</span> : null}
        </div>
      )}
    </article>
  );
}

function Markdown({ text, isComing }: { text: string; isComing: boolean }) {
  const element = useRef<HTMLDivElement>(null);
  const { code, copy: copyWord } = words.value;
  useLayoutEffect(() => {
    const onCopy = (written: string, button: HTMLElement) => void copy(written, button);
    showMarkdown(element.current!, text, { code, copy: copyWord }, onCopy);
  }, [text]);
  // Made anew in another language: its buttons have words.
  return <div key={language.value} ref={element} class={`markdown${isComing ? " coming" : ""}`} />;
}

function Ending({ message }: { message: Message }) {
  const said = words.value;
  switch (message.ending) {
    case "stop":
      return null;
    case "length":
      return <p class="note">{said.length}</p>;
    case "trouble": {
      const { code = "odd", message: told = "" } = message.trouble ?? {};
      return (
        <p class="trouble" role="alert">
          <Icon name="warning" />
          <span>
            {said.troubles[code] ?? (told || said.troubles["odd"])}
            {told && said.isTroubleToldTwice(code) ? <small lang="en">{told}</small> : null}
          </span>
        </p>
      );
    }
    default:
      return <p class="note">{said.stopped}</p>;
  }
}

function CopyButton({ text }: { text: string }) {
  return (
    <IconButton
      icon="copy"
      words={words.value.copy}
      onClick={(event) => void copy(text, event.currentTarget as HTMLElement)}
    />
  );
}

function Versions({ conversation, message }: Props) {
  const versions = versionsOf(conversation, message);
  if (versions.length < 2) return null;
  const place = versions.findIndex((version) => version.id === message.id);
  const said = words.value;
  const choose = (step: number) => put(withVersion(conversation, versions[place + step]!));
  return (
    <span class="versions" role="group" aria-label={said.versionRead(place + 1, versions.length)}>
      <IconButton icon="back" words={said.earlier} disabled={place === 0} onClick={() => choose(-1)} />
      <span aria-hidden="true">{said.version(place + 1, versions.length)}</span>
      <IconButton
        icon="next"
        words={said.later}
        disabled={place === versions.length - 1}
        onClick={() => choose(1)}
      />
    </span>
  );
}

function statistics({ tokens = 0, seconds = 0 }: Message, said: Words): string {
  // Of one token, and of a burst, no speed can be told.
  const perSecond = seconds > 0.2 && tokens > 1 ? (tokens - 1) / seconds : 0;
  return said.statistics(tokens, perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond));
}

function stageText(stage: Stage, said: Words): string {
  switch (stage.kind) {
    case "asking":
      return said.asking;
    case "queued":
      return said.queued(stage.before);
    case "loading":
      return said.loading(stage.share);
    case "prefilling":
      return said.prefilling(stage.done, stage.total);
  }
}
