import { Check, CircleAlert, LoaderCircle } from "lucide-react";
import { useEffect, useRef } from "react";
import type { LogLine } from "../../../../workers/contract/hosting/host-protocol.ts";
import type { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { isReady } from "./describe-hosting.ts";
import { LogLines } from "./log-lines.tsx";

/** Delay before the dialog closes after a successful start, long enough to see it. */
const CLOSE_DELAY_MS = 700;
const STEPS = ["Pending", "Starting", "Running", "Healthy"];

interface Props {
  instance: HostedInstance;
  lines: LogLine[];
  isOpen: boolean;
  onClose: () => void;
  /** Called when the server is running and healthy. */
  onReady: () => void;
  onRestart: () => void;
  isRestarting: boolean;
}

/** Dialog with the live start of a hosted server. Closes when it is healthy; otherwise stays open with the reason. */
export function DeployConsole(props: Props) {
  const { instance, lines, isOpen, onClose, onReady, onRestart, isRestarting } = props;
  const isDone = isReady(instance);
  const latestOnReady = useRef(onReady);
  useEffect(() => {
    latestOnReady.current = onReady;
  });
  useEffect(() => {
    if (!isOpen || !isDone) return;
    const timer = setTimeout(() => latestOnReady.current(), CLOSE_DELAY_MS);
    return () => clearTimeout(timer);
  }, [isOpen, isDone]);
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={`Starting ${instance.name}`} isWide>
      <Steps instance={instance} />
      {instance.reason !== null && (
        <div
          role="alert"
          className={classNames(
            "mt-4 flex items-start gap-2.5 rounded-lg px-4 py-3",
            instance.state === "failed" ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn",
          )}
        >
          <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
          <p className="min-w-0 wrap-anywhere">{instance.reason.message}</p>
        </div>
      )}
      <div className="mt-4 overflow-hidden rounded-lg border border-line">
        <LogLines lines={lines} className="h-56" />
      </div>
      <FormActions>
        {instance.state === "failed" && (
          <Button isBusy={isRestarting} onClick={onRestart}>
            Try again
          </Button>
        )}
        <Button onClick={onClose}>
          {isDone || instance.state === "failed" ? "Close" : "Continue in the background"}
        </Button>
      </FormActions>
    </Dialog>
  );
}

function Steps({ instance }: { instance: HostedInstance }) {
  const { state } = instance;
  const currentStep = toStepIndex(instance);
  return (
    <ol aria-label="Start progress" className="flex flex-wrap items-center gap-x-5 gap-y-2">
      {STEPS.map((step, index) => {
        const isPast = index < currentStep || isReady(instance);
        const isCurrent = index === currentStep && !isPast;
        return (
          <li
            key={step}
            aria-current={isCurrent ? "step" : undefined}
            className={classNames(
              "flex items-center gap-1.5",
              isPast ? "text-ok" : isCurrent ? "font-medium text-ink" : "text-dim",
            )}
          >
            <StepMark isPast={isPast} isCurrent={isCurrent} isFailed={state === "failed"} />
            {isCurrent && state === "failed" ? "Failed" : step}
          </li>
        );
      })}
    </ol>
  );
}

function toStepIndex({ state, health }: HostedInstance): number {
  if (state === "running") return health === "healthy" ? 3 : 2;
  return state === "pending" ? 0 : 1;
}

interface MarkProps {
  isPast: boolean;
  isCurrent: boolean;
  isFailed: boolean;
}

function StepMark({ isPast, isCurrent, isFailed }: MarkProps) {
  if (isPast) return <Check className="size-4" aria-label="Done" />;
  if (!isCurrent)
    return <span className="mx-1 size-2 rounded-full border border-strong" aria-hidden />;
  return isFailed ? (
    <CircleAlert className="size-4 text-bad" aria-hidden />
  ) : (
    <LoaderCircle className="size-4 animate-spin text-accent-ink" aria-hidden />
  );
}
