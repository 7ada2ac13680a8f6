/** Starts the page. */
import { render } from "preact";
import "katex/dist/katex.min.css";
import "./style/fonts.css";
import "./style/tokens.css";
import "./style/page.css";
import "./style/chat.css";
import "./style/markdown.css";
import "./style/dialogs.css";
import { stopAll } from "./state/answering";
import { begin } from "./state/conversations";
import { followLook } from "./state/look";
import { connect, service } from "./state/service";
import { Page } from "./view/page";

followLook();
addEventListener("pagehide", stopAll);
void connect();
// Whoever comes back to the page may find other models.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && service.value === "ready") void connect();
});
await begin();
render(<Page />, document.getElementById("page")!);
