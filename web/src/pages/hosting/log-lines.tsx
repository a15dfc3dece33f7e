import { useEffect, useRef } from "react";
import type { LogLine } from "../../../../workers/contract/hosting/host-protocol.ts";
import { escapeHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { classNames } from "../../ui/class-names.ts";
import { LOCALE } from "../../ui/locale.ts";

const clock = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
/** Within this distance from the end the log scrolls to new lines; further up it keeps its position. */
const AT_END_PX = 40;

/** ANSI escape sequences of colours and styles (ECMA-48, SGR). */
// oxlint-disable-next-line no-control-regex -- it searches them
const STYLES = /\u001b\[[\d;:]*m/g;

/** A line without colours, in which every other control or hidden character is shown as an escape. */
function toVisibleLine(text: string): string {
  return escapeHidden(text.replaceAll(STYLES, ""));
}

/** A log with the newest line at the bottom; scrolls to new lines unless the user has scrolled up. */
export function LogLines({ lines, className }: { lines: LogLine[]; className: string }) {
  const container = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) container.current?.scrollTo({ top: container.current.scrollHeight });
  });
  return (
    <div
      ref={container}
      role="log"
      aria-label="Log"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
      }}
      className={classNames(
        "overflow-auto bg-soft px-4 py-3 font-mono text-xs leading-5",
        className,
      )}
    >
      {lines.length === 0 && <p className="text-dim">No log output yet.</p>}
      {lines.map(({ at, stream, text }) => (
        <p key={`${at}${stream}`} className="flex gap-3">
          <time dateTime={at} title={at} className="shrink-0 text-dim tabular-nums">
            {clock.format(new Date(at))}
          </time>
          <span
            className={classNames(
              "min-w-0 flex-1 wrap-anywhere whitespace-pre-wrap",
              stream === "host" && "text-dim italic",
            )}
          >
            {toVisibleLine(text)}
          </span>
        </p>
      ))}
    </div>
  );
}
