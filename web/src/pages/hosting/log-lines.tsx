import { useEffect, useRef } from "react";
import type { LogLine } from "../../../../workers/contract/hosting/host-protocol.ts";
import { classNames } from "../../ui/class-names.ts";

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
/** Whoever has scrolled further up than this is reading and is left there. */
const AT_END_PX = 40;

/** A log, its newest line at the bottom and in view. */
export function LogLines({ lines, className }: { lines: LogLine[]; className: string }) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  });
  return (
    <div
      ref={box}
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
      {lines.length === 0 && <p className="text-dim">Nothing logged yet.</p>}
      {lines.map(({ at, stream, text }) => (
        <p key={`${at}${stream}`} className="flex gap-3">
          <time dateTime={at} title={at} className="shrink-0 text-dim tabular-nums">
            {clock.format(new Date(at))}
          </time>
          <span className="min-w-0 flex-1 wrap-anywhere whitespace-pre-wrap">{text}</span>
        </p>
      ))}
    </div>
  );
}
