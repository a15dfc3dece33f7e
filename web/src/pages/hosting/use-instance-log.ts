import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { LogLine } from "../../../../workers/contract/hosting/host-protocol.ts";
import { instancesKey, logUrl } from "../../api/hosting.ts";

/** What a page keeps of a log. */
const MAX_LINES = 1_000;
/** A stream that was refused (the instance has no container yet) is asked for again. */
const RETRY_MS = 1_000;

/** The last lines of an instance's log and, while it is followed, those that come. */
export function useInstanceLog(slug: string, id: string, follow: boolean): LogLine[] {
  const client = useQueryClient();
  const [lines, setLines] = useState<LogLine[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource | undefined;
    const open = () => {
      source = new EventSource(logUrl(slug, id, follow));
      source.addEventListener("log", ({ data }: MessageEvent<string>) => {
        const line = LogLine.parse(JSON.parse(data));
        setLines((old) => append(old, line));
      });
      source.addEventListener("state", () => {
        void client.invalidateQueries({ queryKey: instancesKey(slug) });
      });
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

/** A stream that is opened again begins with lines that are known. */
function append(lines: LogLine[], line: LogLine): LogLine[] {
  const last = lines.at(-1);
  if (last && line.at <= last.at) return lines;
  return [...lines, line].slice(-MAX_LINES);
}
