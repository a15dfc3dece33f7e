import type { GenerateEvent } from "../contract/workshop/generated-server.ts";
import { formatSse } from "../mcp/sse.ts";
import { logFailure } from "../runtime/log.ts";

/** Without a byte for 100 s, Cloudflare's edge closes a response. */
const REPEAT_MS = 10_000;

type Step = Extract<GenerateEvent, { kind: "progress" }>["step"];

const FAILED: GenerateEvent = {
  kind: "failure",
  code: "internal",
  message: "Something failed here. Try again. If it fails again, tell an operator.",
};

/** The events of some work as server-sent events: its steps, each repeated while it lasts, and its outcome. `onEnd`: also after a failure. */
export function streamEvents(
  work: (onStep: (step: Step) => void) => Promise<GenerateEvent>,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isOpen = true;
  return new ReadableStream({
    start(controller) {
      const write = (event: GenerateEvent) => {
        if (isOpen) controller.enqueue(encoder.encode(formatSse(JSON.stringify(event))));
      };
      let step: Step | null = null;
      const timer = setInterval(() => {
        if (step !== null) write({ kind: "progress", step });
      }, REPEAT_MS);
      const onStep = (next: Step) => {
        step = next;
        write({ kind: "progress", step });
      };
      // Not awaited: the response begins now.
      void work(onStep)
        .catch((error: unknown) => {
          logFailure("generation_failed", error);
          return FAILED;
        })
        .then((outcome) => {
          clearInterval(timer);
          onEnd();
          write(outcome);
          if (isOpen) controller.close();
          return undefined;
        });
    },
    cancel() {
      isOpen = false;
    },
  });
}
