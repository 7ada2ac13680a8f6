/** The app's own icons, drawn in the colour of the text. */
import back from "../../../../../resources/icons/version-before.svg?raw";
import chip from "../../../../../resources/icons/chip.svg?raw";
import close from "../../../../../resources/icons/close.svg?raw";
import code from "../../../../../resources/icons/code.svg?raw";
import copy from "../../../../../resources/icons/copy.svg?raw";
import document from "../../../../../resources/icons/document.svg?raw";
import down from "../../../../../resources/icons/down.svg?raw";
import gear from "../../../../../resources/icons/gear.svg?raw";
import lock from "../../../../../resources/icons/lock.svg?raw";
import next from "../../../../../resources/icons/version-after.svg?raw";
import pencil from "../../../../../resources/icons/pencil.svg?raw";
import plus from "../../../../../resources/icons/plus.svg?raw";
import regenerate from "../../../../../resources/icons/regenerate.svg?raw";
import search from "../../../../../resources/icons/search.svg?raw";
import send from "../../../../../resources/icons/send.svg?raw";
import settings from "../../../../../resources/icons/settings.svg?raw";
import sidebar from "../../../../../resources/icons/sidebar.svg?raw";
import stop from "../../../../../resources/icons/stop.svg?raw";
import translate from "../../../../../resources/icons/translate.svg?raw";
import trash from "../../../../../resources/icons/trash.svg?raw";
import warning from "../../../../../resources/icons/warning.svg?raw";

const ICONS: Record<string, string> = {
  back, chip, close, code, copy, document, down, gear, lock, next, pencil, plus, regenerate, search,
  send, settings, sidebar, stop, translate, trash, warning,
};

/** One of them, which says nothing by itself. */
export function Icon({ name }: { name: string }) {
  return <span class="icon" aria-hidden="true" dangerouslySetInnerHTML={{ __html: ICONS[name]! }} />;
}

/** A button that is only an icon, with its words for whoever points at it or hears it. */
export function IconButton(props: {
  icon: string;
  words: string;
  onClick: (event: MouseEvent) => void;
  class?: string;
  disabled?: boolean;
  expanded?: boolean;
}) {
  return (
    <button
      type="button"
      class={`tool ${props.class ?? ""}`}
      title={props.words}
      aria-label={props.words}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
