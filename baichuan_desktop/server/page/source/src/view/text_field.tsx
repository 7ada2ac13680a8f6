/** A field of several lines that grows with its text; Enter is its own to give away. */
import type { Ref } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const MOST = 0.4; // of the height of the page

export function TextField(props: {
  value: string;
  label: string;
  onText: (text: string) => void;
  onEnter?: () => void;
  onEscape?: () => void;
  placeholder?: string;
  rows?: number;
  takesFocus?: boolean;
  fieldRef?: Ref<HTMLTextAreaElement>;
}) {
  const own = useRef<HTMLTextAreaElement>(null);
  const field = (props.fieldRef as typeof own | undefined) ?? own;
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.height = "auto";
    // In a dialog that is not open yet nothing has a height: its rows are what it gets.
    if (element.scrollHeight === 0) return;
    element.style.height = `${Math.min(element.scrollHeight, innerHeight * MOST)}px`;
  }, [props.value]);
  useLayoutEffect(() => {
    if (!props.takesFocus) return;
    field.current!.focus();
    field.current!.setSelectionRange(props.value.length, props.value.length);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    // What an input method has not finished is its own: its Enter chooses a word.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && props.onEnter) {
      event.preventDefault();
      props.onEnter();
    } else if (event.key === "Escape" && props.onEscape) {
      event.stopPropagation();
      props.onEscape();
    }
  };
  return (
    <textarea
      ref={field}
      rows={props.rows ?? 1}
      value={props.value}
      placeholder={props.placeholder}
      aria-label={props.label}
      onInput={(event) => props.onText(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  );
}
