/** Product logo and name. */
export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 font-semibold tracking-tight">
      <img src="/favicon.svg" alt="" className="size-5" />
      mcpnest
    </span>
  );
}
