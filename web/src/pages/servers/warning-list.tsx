/** Sentences about what the gateway repaired or left out of a server's lists; nothing without any. */
export function WarningList({ warnings, className }: { warnings: string[]; className: string }) {
  if (warnings.length === 0) return null;
  return (
    <ul className={`bg-warn-soft px-4 text-xs text-warn ${className}`}>
      {warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  );
}
