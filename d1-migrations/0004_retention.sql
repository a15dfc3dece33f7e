-- Rows are removed in order of their numbers, which is that of time: an index of their times was a write for every call.
DROP INDEX mcp_tool_calls_by_time;
