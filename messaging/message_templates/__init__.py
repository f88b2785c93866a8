"""Templates: messages that a platform approved beforehand and takes outside the reply window, too."""
