/** Where a question is written, sent, and its answer stopped. */
import { type Signal, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { pathOf } from "../conversation/tree";
import { ask, stop } from "../state/answering";
import { current } from "../state/conversations";
import { words } from "../state/look";
import { running } from "../state/running";
import { model, service } from "../state/service";
import { Icon } from "./icons";
import { TextField } from "./text_field";

/** What is written and not sent yet. */
export const draft: Signal<string> = signal("");

export function Composer() {
  const field = useRef<HTMLTextAreaElement>(null);
  const said = words.value;
  const conversation = current.value;
  const isAnswering = running.value.has(conversation.id);
  const canSend = draft.value.trim() !== "" && model.value !== undefined && service.value === "ready";
  const send = () => {
    if (isAnswering || !canSend) return;
    const text = draft.value.trim();
    draft.value = "";
    ask(conversation, text, pathOf(conversation).at(-1)?.id ?? "");
  };
  const onClick = () => {
    if (isAnswering) stop(conversation);
    else send();
    field.current?.focus();
  };
  return (
    <div class="composer-place">
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <TextField
          fieldRef={field}
          value={draft.value}
          label={said.writeAny}
          placeholder={model.value ? said.write(model.value.name) : said.writeAny}
          onText={(text) => (draft.value = text)}
          onEnter={send}
          takesFocus
        />
        <button
          type="button"
          class="send"
          title={isAnswering ? said.stop : said.send}
          aria-label={isAnswering ? said.stop : said.send}
          disabled={!isAnswering && !canSend}
          onClick={onClick}
        >
          <Icon name={isAnswering ? "stop" : "send"} />
        </button>
      </form>
      <p class="foot">
        <span>{said.foot}</span>
        <span>{said.notBaichuan}</span>
      </p>
    </div>
  );
}
