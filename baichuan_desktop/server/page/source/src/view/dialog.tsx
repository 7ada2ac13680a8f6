/** A dialog above the page: the browser keeps the focus in it, and Esc closes it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Dialog(props: {
  class: string;
  words: string;
  onClose?: () => void; // without it, it stays until it is answered
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={props.class}
      aria-label={props.words}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose?.();
      }}
      onClick={(event) => event.target === element.current && props.onClose?.()}
    >
      <div class="dialog-body">{props.children}</div>
    </dialog>
  );
}
