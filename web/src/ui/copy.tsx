import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";

const SHOWN_MS = 1_500;

function useCopy(text: string): [boolean, () => void] {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return [isCopied, () => void navigator.clipboard.writeText(text).then(() => setIsCopied(true))];
}

/** Copies a text; says so for a moment. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isCopied, copy] = useCopy(text);
  const Icon = isCopied ? Check : Copy;
  return (
    <IconButton label={isCopied ? "Copied" : `Copy ${what}`} onClick={copy}>
      <Icon className={classNames("size-4", isCopied && "text-ok")} aria-hidden />
    </IconButton>
  );
}

/** The same with words, for the one thing that a page wants copied. */
export function CopyTextButton({ text, what }: { text: string; what: string }) {
  const [isCopied, copy] = useCopy(text);
  const Icon = isCopied ? Check : Copy;
  return (
    <Button variant="primary" onClick={copy}>
      <Icon className="size-3.5" aria-hidden />
      {isCopied ? "Copied" : `Copy ${what}`}
    </Button>
  );
}

/** Text to be pasted elsewhere, with a button that copies it. */
export function CodeBlock({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex items-start rounded-md border border-line bg-soft">
      <pre
        tabIndex={0}
        aria-label={what}
        className="min-w-0 flex-1 overflow-x-auto px-3 py-2 font-mono text-xs leading-5"
      >
        {text}
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
