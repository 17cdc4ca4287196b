def s: null;
