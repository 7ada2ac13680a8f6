/** Above the chat: the model, the list's button where the list is hidden, settings. */
import { language, words } from "../state/look";
import { chooseModel, model, models } from "../state/service";
import { Icon, IconButton } from "./icons";

export function TopBar(props: { isListShown: boolean; onList: () => void; onSettings: () => void }) {
  const said = words.value;
  const shown = model.value;
  return (
    <header class="bar">
      {props.isListShown ? null : (
        <IconButton icon="sidebar" words={said.showChats} onClick={props.onList} expanded={false} />
      )}
      <div class={`model${models.value.length > 1 ? " many" : ""}`}>
        <Icon name="chip" />
        {models.value.length > 1 ? (
          <select
            aria-label={said.model}
            value={shown?.id}
            onChange={(event) => chooseModel(event.currentTarget.value)}
          >
            {models.value.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        ) : (
          <span>{shown?.name ?? said.noModel}</span>
        )}
      </div>
      {shown?.contextLength ? (
        <span class="facts" lang={language.value}>
          {said.context(shown.contextLength)}
        </span>
      ) : null}
      <span class="space" />
      <IconButton icon="settings" words={said.settings} onClick={props.onSettings} />
    </header>
  );
}
