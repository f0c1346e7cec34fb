"""Data that ships with the program: texts, icons, styles, vocabulary and the sample study."""
