/** How this chat is answered, and how the page looks. */
import type { Sampling } from "../conversation/tree";
import { current, put } from "../state/conversations";
import {
  chooseLanguage, chooseTheme, language, type Language, type Theme, theme, words,
} from "../state/look";
import { askForKey } from "../state/service";
import { hasKey, useKey } from "../api/connection";
import { IconButton } from "./icons";
import { Dialog } from "./dialog";
import { TextField } from "./text_field";

/** Within the bounds of the server. */
const NUMBERS = [
  { name: "temperature", words: "temperature", min: 0, max: 2, step: "any" },
  { name: "top_p", words: "topP", min: 0, max: 1, step: "any" },
  { name: "top_k", words: "topK", min: 0, max: 1_000_000, step: 1 },
  { name: "max_tokens", words: "maxTokens", min: 1, max: 1_000_000, step: 1 },
] as const;

export function Settings({ onClose }: { onClose: () => void }) {
  const said = words.value;
  const conversation = current.value;
  const setNumber = (name: keyof Sampling, field: HTMLInputElement) => {
    const sampling = { ...conversation.sampling };
    if (field.value === "" || !field.checkValidity()) delete sampling[name];
    else sampling[name] = field.valueAsNumber;
    put({ ...conversation, sampling });
  };
  return (
    <Dialog class="settings" words={said.settings} onClose={onClose}>
      <header>
        <h2>{said.settings}</h2>
        <IconButton icon="close" words={said.close} onClick={onClose} />
      </header>
      <section>
        <h3>{said.thisChat}</h3>
        <label class="field tall">
          <span>{said.system}</span>
          <TextField
            value={conversation.system}
            label={said.system}
            placeholder={said.systemHint}
            rows={3}
            onText={(system) => put({ ...conversation, system })}
          />
        </label>
        {NUMBERS.map(({ name, words: key, min, max, step }) => (
          <label class="field" key={name}>
            <span>{said[key]}</span>
            <input
              type="number"
              min={min}
              max={max}
              step={step}
              placeholder={said.asModel}
              value={conversation.sampling[name] ?? ""}
              onChange={(event) => setNumber(name, event.currentTarget)}
            />
          </label>
        ))}
        <p class="hint">{said.samplingHint}</p>
      </section>
      <section>
        <h3>{said.thisPage}</h3>
        <label class="field">
          <span>{said.languageName}</span>
          <select
            value={language.value}
            onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
          >
            <option value="en">English</option>
            <option value="zh">简体中文</option>
          </select>
        </label>
        <label class="field">
          <span>{said.theme}</span>
          <select
            value={theme.value}
            onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}
          >
            <option value="system">{said.themeSystem}</option>
            <option value="light">{said.themeLight}</option>
            <option value="dark">{said.themeDark}</option>
          </select>
        </label>
        {hasKey() ? (
          <div class="field">
            <span>{said.key}</span>
            <button
              type="button"
              class="plain"
              onClick={() => {
                onClose();
                useKey("");
                askForKey();
              }}
            >
              {said.keyOther}
            </button>
          </div>
        ) : null}
      </section>
      <p class="hint">
        {said.notBaichuan}
        <br />
        <a href="/page/licences.txt" target="_blank" rel="noopener">
          {said.licences}
        </a>
      </p>
    </Dialog>
  );
}
