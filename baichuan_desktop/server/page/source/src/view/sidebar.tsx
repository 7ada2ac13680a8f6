/** The list of conversations: a new one, search, rename, delete. */
import { useState } from "preact/hooks";
import { ageOf, type Conversation, hasWords } from "../conversation/tree";
import { stop } from "../state/answering";
import {
  conversations, current, isKept, remove, rename, show, startNew,
} from "../state/conversations";
import { words } from "../state/look";
import { running } from "../state/running";
import { Icon, IconButton } from "./icons";

export function Sidebar(props: { onChosen: () => void; onHide: () => void; onSettings: () => void }) {
  const [wanted, setWanted] = useState("");
  const said = words.value;
  const found = conversations.value.filter((one) => hasWords(one, wanted));
  const now = Date.now();
  return (
    <nav class="sidebar" aria-label={said.chats}>
      <div class="sidebar-head">
        <button
          type="button"
          class="new-chat"
          onClick={() => {
            startNew();
            props.onChosen();
          }}
        >
          <Icon name="plus" />
          {said.newChat}
        </button>
        <IconButton icon="sidebar" words={said.hideChats} onClick={props.onHide} />
      </div>
      <label class="search">
        <Icon name="search" />
        <input
          type="search"
          placeholder={said.searchChats}
          aria-label={said.searchChats}
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      </label>
      <div class="rows">
        {(["today", "lastDays", "older"] as const).map((age) => {
          const rows = found.filter((one) => ageOf(one, now) === age);
          return rows.length === 0 ? null : (
            <section key={age} aria-label={said[age]}>
              <h2>{said[age]}</h2>
              <ul>
                {rows.map((one) => (
                  <Row key={one.id} conversation={one} onChosen={props.onChosen} />
                ))}
              </ul>
            </section>
          );
        })}
        {wanted && found.length === 0 ? <p class="hint">{said.noneFound}</p> : null}
      </div>
      <div class="sidebar-foot">
        <Icon name={isKept.value ? "lock" : "warning"} />
        <span>{isKept.value ? said.staysHere : said.notKept}</span>
        <IconButton icon="gear" words={said.settings} onClick={props.onSettings} />
      </div>
    </nav>
  );
}

function Row({ conversation, onChosen }: { conversation: Conversation; onChosen: () => void }) {
  const [name, setName] = useState<string>();
  const said = words.value;
  const title = conversation.title || said.untitled;
  if (name !== undefined) {
    const finish = () => {
      rename(conversation, name);
      setName(undefined);
    };
    return (
      <li class="row renaming">
        <input
          value={name}
          aria-label={said.renameChat(title)}
          ref={(field) => {
            if (field && document.activeElement !== field) field.select();
          }}
          onInput={(event) => setName(event.currentTarget.value)}
          onBlur={finish}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.isComposing) return;
            if (event.key === "Enter") finish();
            if (event.key === "Escape") setName(undefined);
          }}
        />
      </li>
    );
  }
  const isShown = current.value.id === conversation.id;
  return (
    <li class={`row${isShown ? " shown" : ""}`}>
      <button
        type="button"
        class="row-title"
        title={title}
        aria-current={isShown ? "page" : undefined}
        onClick={() => {
          show(conversation.id);
          onChosen();
        }}
      >
        {title}
      </button>
      {running.value.has(conversation.id) ? (
        <span class="busy" role="img" aria-label={said.answering} />
      ) : null}
      <IconButton icon="pencil" words={said.renameChat(title)} onClick={() => setName(title)} />
      <IconButton
        icon="trash"
        words={said.deleteChat(title)}
        onClick={() => {
          stop(conversation);
          remove(conversation);
        }}
      />
    </li>
  );
}
