import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { LogLine } from "../../../../workers/contract/hosting/host-protocol.ts";
import { instancesKey, toLogUrl } from "../../api/hosting.ts";
import { refetch } from "../../api/refetch.ts";

/** Number of lines kept in memory. */
const MAX_LINES = 1_000;
/** Delay before a refused stream is opened again; it is refused while the instance has no container. */
const RETRY_MS = 1_000;

/** The last lines of an instance's log and, with `follow`, new lines as they arrive. */
export function useInstanceLog(slug: string, id: string, follow: boolean): LogLine[] {
  const client = useQueryClient();
  const [lines, setLines] = useState<LogLine[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource | undefined;
    const open = () => {
      source = new EventSource(toLogUrl(slug, id, follow));
      source.addEventListener("log", ({ data }: MessageEvent<string>) => {
        const line = LogLine.parse(JSON.parse(data));
        setLines((old) => append(old, line));
      });
      source.addEventListener("state", () => {
        void refetch(client, instancesKey(slug));
      });
      // The reader has lost the right to the log: a new stream would be refused.
      source.addEventListener("end", () => source?.close());
      source.addEventListener("error", () => {
        if (!follow) source?.close();
        else if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY_MS);
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [client, slug, id, follow]);
  return lines;
}

/** Appends a line. Skips known ones, because a reopened stream starts with the last 50 lines again. */
function append(lines: LogLine[], line: LogLine): LogLine[] {
  const last = lines.at(-1);
  if (last && line.at <= last.at) return lines;
  return [...lines, line].slice(-MAX_LINES);
}
