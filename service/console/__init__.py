"""The console: server-rendered pages, own style sheet, charts as SVG, no script, no other host."""
