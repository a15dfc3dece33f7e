import type { ReactNode } from "react";
import { Logo } from "../../shell/logo.tsx";
import { UnreachableNotice } from "../../shell/unreachable-notice.tsx";
import { classNames } from "../../ui/class-names.ts";
import { useDocumentTitle } from "../../ui/use-document-title.ts";

/** Layout of a page without navigation: one centred card. `isWide`: for more than a short form. */
export function CardPage({
  title,
  hint,
  isWide = false,
  children,
}: {
  title: string;
  hint?: ReactNode;
  isWide?: boolean;
  children: ReactNode;
}) {
  useDocumentTitle(title);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <UnreachableNotice className="absolute inset-x-0 top-0" />
      <Logo />
      <div className={classNames("card w-full p-6 shadow-sm", isWide ? "max-w-lg" : "max-w-sm")}>
        <h1>{title}</h1>
        {hint !== undefined && <p className="mt-1 text-dim">{hint}</p>}
        <div className="mt-5 flex flex-col gap-4">{children}</div>
      </div>
    </main>
  );
}

/** Error message of a form; screen readers announce it when it appears. */
export function FormError({ text }: { text: string | undefined }) {
  return (
    <p role="alert" className="text-sm text-bad empty:hidden">
      {text}
    </p>
  );
}
