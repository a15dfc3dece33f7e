import { Download } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { formatExactCount } from "../../ui/format-numbers.ts";
import { saveFile } from "../../ui/save-file.ts";

/** Characters that are shown at first, and that each "Show more" adds. A browser lays out more of them slowly. */
const FIRST_CHARS = 10_000;
const MORE_CHARS = 100_000;
/** Longer parts are only downloaded. */
const MAX_CHARS = 1_000_000;

interface Props {
  text: string;
  /** Names the text for screen readers, and its file. */
  contentName: string;
  /** Extension of the file, without a dot. */
  fileType?: string;
}

/** Text of any length: its beginning, more on request, and the whole as a file. */
export function LargeText({ text, contentName, fileType = "txt" }: Props) {
  const [limit, setLimit] = useState(FIRST_CHARS);
  const isCut = text.length > limit;
  return (
    <div className="rounded-md border border-line bg-soft">
      <div className="flex items-start">
        <pre
          tabIndex={0}
          aria-label={contentName}
          className="max-h-128 min-w-0 flex-1 overflow-auto px-3 py-2 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere"
        >
          {isCut ? text.slice(0, limit) : text}
        </pre>
        <CopyButton text={text} contentName={contentName} />
      </div>
      {text.length > FIRST_CHARS && (
        <div className="flex flex-wrap items-center gap-2 border-t border-line px-3 py-2">
          <p className="flex-1 text-xs text-dim">
            {isCut
              ? `${formatExactCount(limit)} of ${formatExactCount(text.length)} characters`
              : `${formatExactCount(text.length)} characters`}
          </p>
          {isCut && limit < MAX_CHARS && (
            <Button size="sm" onClick={() => setLimit(limit + MORE_CHARS)}>
              Show more
            </Button>
          )}
          <Button
            size="sm"
            onClick={() => saveFile(text, `${contentName.replaceAll(" ", "-")}.${fileType}`)}
          >
            <Download className="size-3.5" aria-hidden />
            Download
          </Button>
        </div>
      )}
    </div>
  );
}
