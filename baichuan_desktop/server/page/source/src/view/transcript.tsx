/** The messages that are shown; follows an answer for as long as the reader is at its end. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Message, pathOf } from "../conversation/tree";
import { current } from "../state/conversations";
import { words } from "../state/look";
import { running } from "../state/running";
import { IconButton } from "./icons";
import { Answer, Question } from "./message";

const NEAR = 60; // px from the end: whoever is nearer reads along

export function Transcript() {
  const conversation = current.value;
  const path = pathOf(conversation);
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const toEnd = () => frame.current!.scrollTo({ top: frame.current!.scrollHeight });
  const count = conversation.messages.length;
  useLayoutEffect(() => {
    follows.current = true;
    toEnd();
  }, [conversation.id, count]);
  useLayoutEffect(() => {
    const grown = new ResizeObserver(() => follows.current && toEnd());
    grown.observe(content.current!);
    grown.observe(frame.current!);
    return () => grown.disconnect();
  }, []);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = frame.current!;
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR;
    setIsAtEnd(follows.current);
  };
  return (
    <div class="transcript-frame">
      <div class="transcript" ref={frame} onScroll={onScroll}>
        <div class="column" ref={content}>
          {path.map((message) =>
            message.role === "user" ? (
              <Question key={message.id} conversation={conversation} message={message} />
            ) : (
              <Answer key={message.id} conversation={conversation} message={message} />
            ),
          )}
        </div>
      </div>
      {isAtEnd ? null : (
        <IconButton class="to-end" icon="down" words={words.value.toLatest} onClick={toEnd} />
      )}
      <Announcer ending={path.at(-1)?.ending} />
    </div>
  );
}

/** Tells who hears the page that an answer has begun or ended; of trouble an alert tells. */
function Announcer({ ending }: { ending: Message["ending"] }) {
  const isRunning = running.value.has(current.value.id);
  const was = useRef("");
  const { answerBegun, answerEnded, stopped } = words.value;
  if (isRunning) was.current = answerBegun;
  else if (was.current && ending === "trouble") was.current = "";
  else if (was.current) was.current = ending === "stopped" ? stopped : answerEnded;
  return (
    <p class="unseen" role="status">
      {was.current}
    </p>
  );
}
