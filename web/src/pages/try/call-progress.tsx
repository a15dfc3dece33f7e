import { Progress } from "@base-ui/react/progress";
import { useEffect, useState } from "react";
import type { CallProgress } from "./gateway-client.ts";

/** What the server reports about a call that is running. */
export function CallProgressBar({ progress }: { progress: CallProgress }) {
  const { done, total, message } = progress;
  return (
    <div className="card flex flex-col gap-1.5 px-4 py-3">
      <Progress.Root
        aria-label="Progress"
        value={total === undefined ? null : done}
        max={total ?? 100}
        className="flex items-center gap-3"
      >
        <Progress.Track className="h-1.5 flex-1 overflow-hidden rounded-full bg-softer">
          <Progress.Indicator className="h-full rounded-full bg-accent transition-all" />
        </Progress.Track>
        <span className="text-xs text-dim tabular-nums">
          {done}
          {total !== undefined && ` of ${total}`}
        </span>
      </Progress.Root>
      {message !== undefined && <p className="text-xs wrap-anywhere text-dim">{message}</p>}
    </div>
  );
}

/** The seconds since it was rendered first. */
export function Elapsed() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const startedAt = Date.now();
    const timer = setInterval(
      () => setSeconds(Math.floor((Date.now() - startedAt) / 1_000)),
      1_000,
    );
    return () => clearInterval(timer);
  }, []);
  return <span className="text-xs text-dim tabular-nums">{seconds} s</span>;
}
