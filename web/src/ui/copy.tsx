import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { escapeHidden } from "../../../workers/contract/text/hidden-characters.ts";
import { Button, IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";

/** How long “Copied” is shown. */
const COPIED_MS = 1_500;

function useCopy(text: string, onCopied?: () => void): [boolean, () => void] {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
    onCopied?.();
  };
  return [isCopied, () => void copy()];
}

interface CopyButtonProps {
  text: string;
  contentName: string;
  onCopied?: (() => void) | undefined;
}

/** Icon button that copies a text and confirms it briefly. */
export function CopyButton({ text, contentName, onCopied }: CopyButtonProps) {
  const [isCopied, copy] = useCopy(text, onCopied);
  const Icon = isCopied ? Check : Copy;
  return (
    <IconButton label={isCopied ? "Copied" : `Copy ${contentName}`} onClick={copy}>
      <Icon className={classNames("size-4", isCopied && "text-ok")} aria-hidden />
    </IconButton>
  );
}

/** Primary button with a label that copies a text. */
export function CopyTextButton({ text, contentName }: { text: string; contentName: string }) {
  const [isCopied, copy] = useCopy(text);
  const Icon = isCopied ? Check : Copy;
  return (
    <Button variant="primary" onClick={copy}>
      <Icon className="size-3.5" aria-hidden />
      {isCopied ? "Copied" : `Copy ${contentName}`}
    </Button>
  );
}

interface CodeBlockProps {
  text: string;
  /** Names the text for screen readers. */
  contentName: string;
  /** What the button copies, in words. */
  copiedName?: string;
  /** Long lines are continued on the next, so that all of the text is visible. */
  isWrapped?: boolean;
  onCopied?: () => void;
}

/** Preformatted text with a copy button. Hidden characters are shown as escapes, and copied unchanged. */
export function CodeBlock(props: CodeBlockProps) {
  const { text, contentName, copiedName = contentName, isWrapped = false, onCopied } = props;
  return (
    <div className="flex items-start rounded-md border border-line bg-soft">
      <pre
        tabIndex={0}
        aria-label={contentName}
        className={classNames(
          "min-w-0 flex-1 px-3 py-2 font-mono text-xs leading-5",
          isWrapped ? "whitespace-pre-wrap wrap-anywhere" : "overflow-x-auto",
        )}
      >
        {escapeHidden(text)}
      </pre>
      <CopyButton text={text} contentName={copiedName} onCopied={onCopied} />
    </div>
  );
}
