/** The whole page: list, chat, and what lies above them. */
import { useEffect, useState } from "preact/hooks";
import { stop } from "../state/answering";
import { bringBack, current, deleted, isListShown, showList } from "../state/conversations";
import { words } from "../state/look";
import { models, service } from "../state/service";
import { Composer } from "./composer";
import { Empty } from "./empty";
import { Icon } from "./icons";
import { Key } from "./key";
import { Settings } from "./settings";
import { Sidebar } from "./sidebar";
import { TopBar } from "./top_bar";
import { Transcript } from "./transcript";

const NARROW = matchMedia("(max-width: 760px)");
const UNDO_FOR = 8000; // milliseconds

export function Page() {
  const [isNarrow, setIsNarrow] = useState(NARROW.matches);
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  const [hasSettings, setHasSettings] = useState(false);
  useEffect(() => {
    const change = () => setIsNarrow(NARROW.matches);
    NARROW.addEventListener("change", change);
    return () => NARROW.removeEventListener("change", change);
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
      if (isDrawerOpen) setIsDrawerOpen(false);
      else stop(current.value);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [isDrawerOpen]);
  const title = current.value.title;
  useEffect(() => {
    document.title = title ? `${title} · Baichuan Desktop` : "Baichuan Desktop";
  }, [title]);
  const isShown = isNarrow ? isDrawerOpen : isListShown.value;
  const setShown = (shown: boolean) => (isNarrow ? setIsDrawerOpen(shown) : showList(shown));
  return (
    <div class={`page${isShown ? " with-list" : ""}`}>
      {isShown ? (
        <Sidebar
          onChosen={() => setIsDrawerOpen(false)}
          onHide={() => setShown(false)}
          onSettings={() => setHasSettings(true)}
        />
      ) : null}
      {isNarrow && isShown ? <div class="veil" onClick={() => setShown(false)} /> : null}
      <main class="chat">
        <TopBar
          isListShown={isShown}
          onList={() => setShown(true)}
          onSettings={() => setHasSettings(true)}
        />
        <Banner />
        {current.value.messages.length === 0 ? <Empty /> : <Transcript />}
        <Composer />
      </main>
      {hasSettings ? <Settings onClose={() => setHasSettings(false)} /> : null}
      {service.value === "key" ? <Key /> : null}
      <UndoToast />
    </div>
  );
}

/** One sentence on what keeps the page from asking. */
function Banner() {
  const said = words.value;
  if (service.value === "connecting") return null;
  const isEmpty = service.value === "ready" && models.value.length === 0;
  if (service.value !== "away" && !isEmpty) return null;
  return (
    <p class="banner" role="alert">
      <Icon name="warning" />
      {isEmpty ? said.noModels : said.away}
    </p>
  );
}

function UndoToast() {
  const gone = deleted.value;
  useEffect(() => {
    if (!gone) return undefined;
    const timer = setTimeout(() => (deleted.value = undefined), UNDO_FOR);
    return () => clearTimeout(timer);
  }, [gone]);
  if (!gone) return null;
  return (
    <div class="toast" role="status">
      <span>{words.value.deleted(gone.title)}</span>
      <button type="button" class="quiet" onClick={bringBack}>
        {words.value.undo}
      </button>
    </div>
  );
}
