--- _replay: the process in which a recorded case is replayed.

return { main = require("replay.replay").child }
