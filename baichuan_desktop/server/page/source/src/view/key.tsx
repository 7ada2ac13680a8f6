/** Asks for the key of a server that has one. */
import { useState } from "preact/hooks";
import { words } from "../state/look";
import { giveKey, isKeyWrong } from "../state/service";
import { Dialog } from "./dialog";

export function Key() {
  const [key, setKey] = useState("");
  const said = words.value;
  return (
    <Dialog class="key" words={said.keyHeading}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim()) void giveKey(key);
        }}
      >
        <h2>{said.keyHeading}</h2>
        <p>{said.keyText}</p>
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          aria-label={said.key}
          aria-invalid={isKeyWrong.value}
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        {isKeyWrong.value ? (
          <p class="trouble" role="alert">
            {said.keyWrong}
          </p>
        ) : null}
        <div class="actions">
          <button type="submit" class="strong" disabled={!key.trim()}>
            {said.keyUse}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
