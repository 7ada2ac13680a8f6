/** What a chat shows before its first question. */
import { words } from "../state/look";
import { model } from "../state/service";
import { draft } from "./composer";
import { Icon } from "./icons";

export function Empty() {
  const said = words.value;
  const begin = (start: string) => {
    draft.value = start;
    document.querySelector<HTMLTextAreaElement>(".composer textarea")?.focus();
  };
  return (
    <div class="empty">
      <h1>{said.emptyHeading}</h1>
      {model.value ? <p>{said.emptyText(model.value.name)}</p> : null}
      <div class="ideas">
        {said.ideas.map((idea) => (
          <button key={idea.icon} type="button" class="idea" onClick={() => begin(idea.start)}>
            <Icon name={idea.icon} />
            <span>
              <strong>{idea.name}</strong>
              <small>{idea.text}</small>
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}
