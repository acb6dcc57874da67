"""What the states of a run, and the acts on it, are called."""

ACTS = {
    "published": ("发布", "published"),
    "withdrawn": ("撤回", "withdrawn"),
    "returned_to": ("恢复使用", "in use again"),
}
STATUSES = {
    "published": ("在用", "in use"),
    "superseded": ("已被替代", "superseded"),
    "withdrawn": ("已撤回", "withdrawn"),
}
