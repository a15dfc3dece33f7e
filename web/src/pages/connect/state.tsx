import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../ui/class-names.ts";

interface StateProps {
  icon: LucideIcon;
  tone: string;
  title: ReactNode;
  children: ReactNode;
}

/** The state of a connection. */
export function State({ icon: Icon, tone, title, children }: StateProps) {
  return (
    <div className="flex items-start gap-3">
      <Icon className={classNames("mt-0.5 size-5 shrink-0", tone)} aria-hidden />
      <div className="min-w-0">
        <p className="font-medium wrap-anywhere">{title}</p>
        <p className="text-xs text-dim">{children}</p>
      </div>
    </div>
  );
}
