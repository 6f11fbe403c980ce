"""From a file to its passages: pure, without SQL and without the web."""
