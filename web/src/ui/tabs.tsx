import { Tabs as BaseTabs } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

interface Props<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  tabs: readonly { value: T; label: ReactNode }[];
  children: ReactNode;
}

/**
 * Ref callback: scrolls the current tab into view on a narrow screen. Its identity is constant, so React calls it only
 * when the current tab changes.
 */
const scrollTabIntoView = (tab: Element | null) =>
  tab?.scrollIntoView({ block: "nearest", inline: "nearest" });

/** A tab list above the panel of the current tab. */
export function Tabs<T extends string>({ label, value, onChange, tabs, children }: Props<T>) {
  return (
    <BaseTabs.Root value={value} onValueChange={onChange}>
      <BaseTabs.List
        aria-label={label}
        className="relative mb-4 flex gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map((tab) => (
          <BaseTabs.Tab
            key={tab.value}
            value={tab.value}
            ref={tab.value === value ? scrollTabIntoView : undefined}
            className="flex h-9 items-center gap-1.5 px-2.5 text-sm whitespace-nowrap text-dim outline-offset-[-2px] hover:text-ink data-active:text-ink"
          >
            {tab.label}
          </BaseTabs.Tab>
        ))}
        <BaseTabs.Indicator className="absolute bottom-0 left-0 h-0.5 w-(--active-tab-width) translate-x-(--active-tab-left) bg-accent transition-all" />
      </BaseTabs.List>
      <BaseTabs.Panel value={value}>{children}</BaseTabs.Panel>
    </BaseTabs.Root>
  );
}
